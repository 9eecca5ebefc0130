import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import type { Command } from 'commander';
import { commandOption } from '../options/command-line.js';

/** Milliseconds within which a healthy hub answers. */
const PATIENCE = 4000;

interface HealthFlags {
  readonly host: string;
  readonly port: number;
  readonly tlsCert?: string;
}

/** `hub-v1 health`: exit code 0 if the hub of these options answers; for a container's health check. */
export function addHealthCommand(program: Command): void {
  const health = program.command('health').description('ask a running hub whether it is well');
  health
    .addOption(commandOption('host', 'address that the hub listens on'))
    .addOption(commandOption('port', 'port that it listens on'))
    .addOption(commandOption('tlsCert', 'given where it speaks https'))
    .action((flags: HealthFlags) => requireHealth(flags));
}

async function requireHealth(flags: HealthFlags): Promise<void> {
  const status = await statusOf(flags);
  if (status !== 200) throw new Error(`the hub answered ${status}`);
}

function statusOf({ host, port, tlsCert }: HealthFlags): Promise<number | undefined> {
  const get = tlsCert === undefined ? getHttp : getHttps;
  const options = {
    host: ownAddress(host),
    port,
    path: '/_status',
    signal: AbortSignal.timeout(PATIENCE),
    // The certificate is for other clients: this command asks its own machine.
    rejectUnauthorized: false,
  };
  return new Promise((resolve, reject) => {
    get(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    }).on('error', ({ message }) => {
      reject(new Error(`no hub answers at ${options.host}:${port}: ${message}`));
    });
  });
}

/** Where a hub that listens everywhere can be reached from the same machine. */
function ownAddress(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
