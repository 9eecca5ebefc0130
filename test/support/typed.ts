/* Commands typed into one plain shell, as a reader of the documentation types them. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';

const MARK = '-- end of answer --';
/** Debian's plain shell, where it is there: it takes nothing that is not POSIX. */
const SHELL = existsSync('/bin/dash') ? '/bin/dash' : '/bin/sh';

/** What each of the commands printed, errors too; without carriage returns. */
export function type(commands: readonly string[], cwd: string): Promise<string[]> {
  const script = commands.map((command) => `${command}\necho '${MARK}'`).join('\n');
  const shell = spawn(SHELL, ['-c', `exec 2>&1\n${script}`], {
    cwd,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
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

/** What a page shows as an answer, as a pattern: `…` is anything within its line. */
export function shownPattern(answer: string): RegExp {
  const parts = answer.trimEnd().split('…');
  const escaped = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${escaped.join('.*')}$`);
}
