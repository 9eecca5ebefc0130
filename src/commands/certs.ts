import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { makeFolders } from '../storage/disk.js';
import { OFFICIAL_NAMES } from '../wire/official-names.js';
import { print } from './terminal.js';

/** `hub-v1 certs DIR`: a CA and a certificate, to be index.docker.io for clients that know no other. */
export function addCertsCommand(program: Command): void {
  program
    .command('certs <folder>')
    .description('make a CA and a certificate for the official names')
    .option('--force', 'replace certificates that are there')
    .action((folder: string, flags: { force?: true }) => writeCertificates(folder, flags));
}

async function writeCertificates(folder: string, { force }: { force?: true }): Promise<void> {
  // Loaded here, since no other command needs X.509.
  const { makeCertificates } = await import('../certificates.js');
  const { ca, leaf } = await makeCertificates(new Date());
  const files = [
    { name: 'ca.pem', text: ca.cert, mode: 0o644 },
    { name: 'ca-key.pem', text: ca.key, mode: 0o600 },
    { name: 'cert.pem', text: leaf.cert, mode: 0o644 },
    { name: 'key.pem', text: leaf.key, mode: 0o600 },
  ];
  makeFolders(folder);
  // Before the first is written, or those of another CA would stay beside it.
  const there = files.find(({ name }) => existsSync(join(folder, name)));
  if (there !== undefined && force !== true) throw isThere(join(folder, there.name));
  const flag = force === true ? 'w' : 'wx';
  for (const { name, text, mode } of files) await write(join(folder, name), text, { flag, mode });
  print(`made ca.pem, ca-key.pem, cert.pem and key.pem in ${folder}; now:`);
  print(`1. name this machine: echo '127.0.0.1 ${OFFICIAL_NAMES.join(' ')}' >> /etc/hosts`);
  print(
    `2. trust the CA where docker runs: cp ${join(folder, 'ca.pem')} ` +
      '/usr/local/share/ca-certificates/hub-v1.crt && update-ca-certificates, then restart docker',
  );
  print(
    `3. start the hub: hub-v1 serve --as ${OFFICIAL_NAMES[0]} --port 443 ` +
      `--tls-cert ${join(folder, 'cert.pem')} --tls-key ${join(folder, 'key.pem')} --tls-legacy`,
  );
}

async function write(
  path: string,
  text: string,
  options: { readonly flag: string; readonly mode: number },
): Promise<void> {
  try {
    await writeFile(path, text, options);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw isThere(path);
  }
}

function isThere(path: string): Error {
  return new Error(`${path} is there already; --force replaces it`);
}
