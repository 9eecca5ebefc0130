import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option } from 'commander';
import { dataOption } from './commands/data-option.js';
import type { HubOptions } from './hub.js';
import { LOG_LEVELS } from './log.js';

/*
 * Every option of `hub-v1 serve`, once: its flag, its variable in the environment, how it is read and
 * what it means. The README's table of options follows this list.
 */

export function serveOptions(): Option[] {
  return [
    option('--host <address>', 'address to listen on').default('127.0.0.1'),
    option('--port <number>', 'port to listen on, 0 for any free one')
      .default(5000)
      .argParser(wholeNumber(0, 65_535)),
    dataOption(),
    option('--ephemeral', 'keep nothing: documents in memory, layers in a temporary folder'),
    option('--admin <name:password>', 'make this admin account, or update it').argParser(
      parseAdmin,
    ),
    option(
      '--endpoints <list>',
      'host[:port],… that X-Docker-Endpoints names (default: as asked)',
    ).argParser(parseEndpoints),
    option('--registration <state>', 'whether anybody may register')
      .choices(['open', 'closed'])
      .default('open'),
    option('--token-ttl <seconds>', 'how long a token is good for')
      .default(3600)
      .argParser(wholeNumber(1, 31_536_000)),
    option('--tls-cert <file>', 'certificate (PEM); with --tls-key the port speaks https'),
    option('--tls-key <file>', 'key of the certificate (PEM)'),
    option('--tls-legacy', 'accept TLS 1.0, which is all that a docker of 2013 speaks'),
    option('--as <name>', 'be the real Hub, under the name old clients have built in').choices([
      'index.docker.io',
    ]),
    option('--bcrypt-rounds <number>', 'cost of a password hash')
      .default(10)
      .argParser(wholeNumber(4, 15)),
    option('--max-layer <bytes>', 'longest layer accepted')
      .default(10 * 1024 ** 3)
      .argParser(wholeNumber(1, Number.MAX_SAFE_INTEGER)),
    option('--log-level <level>', 'how much to log, on standard error')
      .choices([...LOG_LEVELS])
      .default('info'),
  ];
}

/** What the command line and the environment say, as commander hands it over. */
export interface ServeFlags {
  readonly host: string;
  readonly port: number;
  readonly data: string;
  readonly ephemeral?: true;
  readonly admin?: NonNullable<HubOptions['admin']>;
  readonly endpoints?: readonly string[];
  readonly registration: NonNullable<HubOptions['registration']>;
  readonly tokenTtl: number;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsLegacy?: true;
  readonly as?: string;
  readonly bcryptRounds: number;
  readonly maxLayer: number;
  readonly logLevel: NonNullable<HubOptions['logLevel']>;
}

/** The options of `startHub` that the flags mean. Throws InvalidArgumentError for a bad pair or file. */
export function toHubOptions(flags: ServeFlags): HubOptions {
  const { tlsCert, tlsKey, ...rest } = flags;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new InvalidArgumentError('--tls-cert and --tls-key go together');
  }
  if (tlsCert === undefined || tlsKey === undefined) return rest;
  return {
    ...rest,
    tls: { cert: readPem('--tls-cert', tlsCert), key: readPem('--tls-key', tlsKey) },
  };
}

/** An option with its variable: `--token-ttl` is also `HUB_TOKEN_TTL`. */
function option(flags: string, description: string): Option {
  const made = new Option(flags, description);
  return made.env(`HUB_${made.name().replaceAll('-', '_').toUpperCase()}`);
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) {
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    }
    return number;
  };
}

function parseAdmin(text: string): NonNullable<HubOptions['admin']> {
  const colon = text.indexOf(':');
  if (colon < 1) throw new InvalidArgumentError('It must be NAME:PASSWORD.');
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function parseEndpoints(text: string): string[] {
  const endpoints = text.split(',').map((each) => each.trim());
  for (const endpoint of endpoints) {
    if (!/^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::\d{1,5})?$/.test(endpoint)) {
      throw new InvalidArgumentError('It must be a list like HOST[:PORT],HOST[:PORT].');
    }
  }
  return endpoints;
}

function readPem(flag: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new InvalidArgumentError(`${flag}: ${(error as Error).message}`);
  }
}
