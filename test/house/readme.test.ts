import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type Hub, startHub } from '../../src/index.js';
import { packageRoot } from '../../src/version.js';

/* The README's tour is typed in as it stands there, and prints what it says. */

const MARK = '-- end of answer --';

interface Line {
  readonly command: string;
  readonly answer: string;
}

/** The commands of the tour, each with what the README says it prints. */
function readTour(): Line[] {
  const text = readFileSync(new URL('README.md', packageRoot), 'utf8');
  const tour = text.slice(text.indexOf('<!-- tour -->'), text.indexOf('<!-- /tour -->'));
  const blocks = [...tour.matchAll(/```console\n(.*?)```/gs)].map(([, block = '']) => block);
  return blocks
    .flatMap((block) => block.split(/^\$ /m).slice(1))
    .map((part) => {
      const end = part.indexOf('\n');
      return { command: part.slice(0, end), answer: part.slice(end + 1) };
    });
}

/** Types commands into one shell, and gives back what each of them printed. */
function type(commands: readonly string[], cwd: string): Promise<string[]> {
  const script = commands.map((command) => `${command}\necho '${MARK}'`).join('\n');
  const shell = spawn('bash', ['-c', script], { cwd, stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  shell.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return new Promise((resolve, reject) => {
    shell.on('error', reject);
    shell.on('close', () => {
      const printed = Buffer.concat(chunks).toString('utf8').replaceAll('\r', '');
      resolve(printed.split(`${MARK}\n`).slice(0, -1));
    });
  });
}

/** What is written as `…` may be anything within its line. */
function pattern(answer: string): RegExp {
  const parts = answer.trimEnd().split('…');
  return new RegExp(
    `^${parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*')}$`,
  );
}

describe('the tour in the README', () => {
  let hub: Hub;
  let folder: string;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'hub-v1-readme-'));
    hub = await startHub({ bcryptRounds: 4, admin: { username: 'admin', password: 'sesame' } });
  });
  after(async () => {
    await hub.close();
    rmSync(folder, { recursive: true });
  });

  it('prints what it says', async () => {
    const here = (text: string): string =>
      text.replaceAll('127.0.0.1:5000', `127.0.0.1:${hub.port}`);
    const tour = readTour();
    assert.ok(tour.length > 15);
    const printed = await type(
      tour.map(({ command }) => here(command)),
      folder,
    );
    for (const [place, { command, answer }] of tour.entries()) {
      assert.match((printed[place] ?? '').trimEnd(), pattern(here(answer)), command);
    }
  });
});
