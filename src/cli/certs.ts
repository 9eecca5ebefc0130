import { join } from 'node:path';
import type { Command } from 'commander';
import { makeFolders } from '../storage/files/make-folders.js';
import { OFFICIAL_NAMES } from '../wire/official-names.js';
import { isThere, OutputFile } from './output-file.js';
import { print } from './terminal.js';

/** The owner of a private key can pose as anybody to those who trust its certificate: nobody else may read it. */
const SECRET = 0o600;

interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number | undefined;
}

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
  const { makeCertificates } = await import('./certificates.js');
  const { ca, leaf } = await makeCertificates(new Date());
  const files: NewFile[] = [
    { path: join(folder, 'ca.pem'), text: ca.cert, mode: undefined },
    { path: join(folder, 'ca-key.pem'), text: ca.key, mode: SECRET },
    { path: join(folder, 'cert.pem'), text: leaf.cert, mode: undefined },
    { path: join(folder, 'key.pem'), text: leaf.key, mode: SECRET },
  ];
  makeFolders(folder);
  // Before the first is written, or those of another CA would stay beside it.
  for (const { path } of force === true ? [] : files) {
    if (await isThere(path)) throw new Error(`${path} is there already; --force replaces it`);
  }
  await writeAll(files);
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

/** All of them or, as far as the system allows it, none: a key fits one certificate only. */
async function writeAll(files: readonly NewFile[]): Promise<void> {
  const outputs: OutputFile[] = [];
  try {
    for (const { path, text, mode } of files) {
      const output = await OutputFile.open(path, { mode });
      outputs.push(output);
      await output.handle.writeFile(text);
    }
    for (const output of outputs) await output.put();
  } catch (error) {
    for (const output of outputs) await output.discard();
    throw error;
  }
}
