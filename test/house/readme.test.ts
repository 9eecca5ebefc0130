/* What the README and docs/ show is what happens: tours, transcripts, commands, and both languages. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Command } from 'commander';
import { commands } from '../../src/cli/cli.js';
import type { Hub } from '../../src/index.js';
import { packageRoot } from '../../src/version.js';
import { documentedRoutes } from '../support/contract.js';
import { startPlainHub } from '../support/hub.js';
import {
  type CodeBlock,
  codeBlocks,
  links,
  markdownFiles,
  marked,
  readText,
  shownCommands,
} from '../support/markdown.js';
import { shownPattern, type } from '../support/typed.js';

const README = 'README.md';
const CHINESE = 'README.zh-CN.md';
const TAKEN = '"Username or email already exists"';

/** Types in what a page shows between two marks, and compares what it prints. */
async function follow(hub: Hub, text: string, again: boolean): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hub-v1-readme-'));
  const here = (part: string): string => part.replaceAll('127.0.0.1:5000', `127.0.0.1:${hub.port}`);
  const shown = codeBlocks(text)
    .filter(({ language }) => language === 'console')
    .flatMap(shownCommands);
  const printed = await type(
    shown.map(({ command }) => here(command)),
    folder,
  );
  rmSync(folder, { recursive: true });
  assert.ok(shown.length > 2);
  for (const [place, { command, answer }] of shown.entries()) {
    const expected = again && answer.startsWith('"User created"') ? TAKEN : here(answer);
    assert.match((printed[place] ?? '').trimEnd(), shownPattern(expected), command);
    // An answer without a newline would stick to the prompt.
    assert.match(printed[place] ?? '', /^$|\n$/, command);
  }
}

describe('the tour', () => {
  let hub: Hub;
  before(async () => {
    hub = await startPlainHub({
      admin: { username: 'admin', password: 'sesame' },
    });
  });
  after(() => hub.close());

  it('prints what it says in a plain shell, also the second time', async () => {
    const tour = marked(readText('docs/tour.md'), 'tour');
    assert.ok(tour.includes(TAKEN), 'the page says what the second time is like');
    await follow(hub, tour, false);
    await follow(hub, tour, true);
  });

  it('leaves nothing behind but the account', () => {
    assert.deepEqual(hub.repositories.list(), []);
    assert.deepEqual(hub.images.list(), []);
  });
});

for (const readme of [README, CHINESE]) {
  describe(readme, () => {
    const text = readText(readme);

    it('fits into 180 lines, and its first line leads to the other language', () => {
      assert.ok(text.trimEnd().split('\n').length <= 180);
      const [first = ''] = text.split('\n');
      assert.ok(links(first).includes(readme === README ? CHINESE : README), first);
    });

    it('leads to every room, and to files that are there', () => {
      const targets = links(text);
      for (const folder of ['routes', 'src', 'src/domain']) {
        for (const room of roomsIn(folder)) {
          assert.ok(
            targets.some((target) => target.startsWith(room)),
            `${room} is not on the map`,
          );
        }
      }
      for (const row of text.split('\n').filter((line) => line.startsWith('| '))) {
        const folders = links(row);
        for (const [, file = ''] of row.matchAll(/`([\w-]+\.ts)`/g)) {
          const isThere = folders.some((each) =>
            existsSync(new URL(`${each}/${file}`, packageRoot)),
          );
          assert.ok(isThere, `${file} is not in ${folders}`);
        }
      }
    });

    it('shows what is printed, and what the hub says of it', async () => {
      await using hub = await startPlainHub();
      const transcript = marked(text, 'transcript');
      await follow(hub, transcript, false);
      const told = codeBlocks(transcript).find(({ language }) => language === 'text')?.text ?? '';
      const sentences = hub.requests.list().map(({ sentence }) => sentence);
      const shown = told
        .split(/^\d\d:\d\d:\d\d .*$/m)
        .map((part) => part.trim().split(/\s+/).join(' '));
      assert.deepEqual(
        shown.filter((part) => part !== ''),
        sentences,
      );
    });
  });
}

/** The folders of a folder that have sources of their own. */
function roomsIn(folder: string): string[] {
  return readdirSync(new URL(folder, packageRoot), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${folder}/${name}`);
}

describe('the two languages', () => {
  const shape = (readme: string): { code: string[]; targets: string[] } => {
    const text = readText(readme);
    const withoutComments = ({ text: code }: CodeBlock): string =>
      code.replace(/ *(?:#|\/\/) .*$/gm, '');
    // A page or a picture in the other language is the same place.
    const targets = links(text).map((target) =>
      target
        .replace(/#.*$/, '#')
        .replace('.zh-CN.md', '.md')
        .replace(/-zh\.png$/, '-en.png'),
    );
    return {
      code: codeBlocks(text).map(withoutComments),
      targets: targets.filter((target) => !/^README/.test(target)).sort(),
    };
  };

  it('show the same code and lead to the same places', () => {
    assert.deepEqual(shape(CHINESE), shape(README));
  });
});

/** Lines of shell in a page: all of a `sh` block, what is typed in a `console` block. */
function shellLines(text: string): string[] {
  return codeBlocks(text).flatMap((block) => {
    if (block.language === 'console') return shownCommands(block).map(({ command }) => command);
    if (block.language !== 'sh') return [];
    const lines = block.text.replace(/\\\n/g, ' ').split('\n');
    return lines.map((line) => line.replace(/(?:^| +)#.*$/, '')).filter((line) => line !== '');
  });
}

/** The words of a command line, as far as a page needs quoting. */
function words(line: string): string[] {
  return [...line.matchAll(/"(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+/g)].map(([word]) => word);
}

/** The words of each call of a program within a line. */
function calls(line: string, program: RegExp): string[][] {
  return line
    .split(/\s(?:&&|\|\||\||;|&)(?:\s|$)/)
    .map((part) => words(part.trim()).filter((word) => !/^\w+=/.test(word)))
    .filter(([first = '']) => program.test(first));
}

describe('every command that a page shows', () => {
  const pages = markdownFiles().map((path) => ({ path, lines: shellLines(readText(path)) }));
  const each = function* (program: RegExp): Generator<[path: string, args: string[]]> {
    for (const { path, lines } of pages) {
      for (const line of lines) for (const call of calls(line, program)) yield [path, call];
    }
  };

  it('of hub-v1 is one that it takes, with flags that it knows', () => {
    let seen = 0;
    for (const [path, [, ...args]] of each(/^hub-v1$/)) {
      checkArguments(commands(0), args, path);
      seen += 1;
    }
    for (const [path, [, , ...args]] of each(/^npx$/)) checkArguments(commands(0), args, path);
    assert.ok(seen > 5);
  });

  it('of npm is a script, and what follows -- is for it', () => {
    const { scripts } = JSON.parse(readText('package.json')) as { scripts: Record<string, string> };
    for (const [path, [, command = '', ...args]] of each(/^npm$/)) {
      const name = command === 'run' ? args.filter((word) => !word.startsWith('-'))[0] : command;
      if (['ci', 'install', 'link', 'pack'].includes(command)) continue;
      assert.ok(name !== undefined && name in scripts, `${path}: npm ${command} ${args.join(' ')}`);
      const separator = args.indexOf('--');
      if (name === 'start' && separator >= 0) {
        checkArguments(commands(0), ['serve', ...args.slice(separator + 1)], path);
      }
    }
  });

  it('of curl asks for something that openapi.yaml has', () => {
    const documented = documentedRoutes().map(({ method, path }) => ({
      method: method.toUpperCase(),
      pattern: new RegExp(`^${path.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}/?$`),
    }));
    let seen = 0;
    for (const { path: page, lines } of pages) {
      for (const line of lines) {
        const [, , address] =
          /(["']?)(?:\$HUB|\$hub|http:\/\/127\.0\.0\.1:5000)(\/[^\s"'?)]*)/.exec(line) ?? [];
        if (!/\bcurl\b/.test(line) || address === undefined) continue;
        const [, named] = /-X (\w+)/.exec(line) ?? [];
        const method = named ?? (/ -T /.test(line) ? 'PUT' : / -d /.test(line) ? 'POST' : 'GET');
        const fits = documented.some((one) => one.method === method && one.pattern.test(address));
        assert.ok(fits, `${page}: ${method} ${address}`);
        seen += 1;
      }
    }
    assert.ok(seen > 15);
  });

  it('runs a file that is there', () => {
    for (const [path, [, ...args]] of each(/^(?:bash|sh)$/)) {
      for (const file of args.filter((word) => /^\.?[\w./-]+$/.test(word))) {
        assert.ok(existsSync(new URL(file, packageRoot)), `${path}: ${file}`);
      }
    }
  });
});

/** Fails unless commander knows the command and each of its flags; values are not looked at. */
function checkArguments(program: Command, args: readonly string[], path: string): void {
  let command = program;
  let rest = [...args];
  for (let next = named(command, rest[0]); next !== undefined; next = named(command, rest[0])) {
    command = next;
    rest = rest.slice(1);
  }
  const said = `${path}: hub-v1 ${args.join(' ')}`;
  assert.ok(command !== program || rest.every((word) => word.startsWith('-')), said);
  const flags = (command === program ? named(program, 'serve') : command)?.options ?? [];
  for (const word of rest.filter((each) => /^--?[a-z]/.test(each))) {
    const [name = ''] = word.split('=');
    assert.ok(
      flags.some(({ short, long }) => name === long || name === short),
      said,
    );
  }
}

function named(command: Command, name: string | undefined): Command | undefined {
  return command.commands.find((each) => each.name() === name);
}
