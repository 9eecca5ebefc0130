/**
 * The played docker on the terminal, against what real ones printed (test/fixtures/docker-outputs): the same
 * steps, in the same order, against a hub with the same content; both streams, exit codes, prompts and login
 * files. Each difference that stays is in DIFFERENCES, with its reason.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import type { Hub } from '../../src/index.js';
import { MemoryDisk } from '../../src/old-docker/index.js';
import { packageRoot } from '../../src/version.js';
import { startPlainHub } from '../support/hub.js';
import { isLike, type Looseness, settle } from '../support/played/compare.js';
import { archiveOf } from '../support/played/images.js';
import {
  type BareMachine,
  type Given,
  type Outcome,
  play,
  splitLine,
} from '../support/played/terminal.js';

type Mode = 'official' | 'private';

/** One step of a recording. */
interface Step {
  readonly step: string;
  readonly command: string;
  readonly exit: number;
  readonly stdin?: string;
  readonly typed?: readonly string[];
  readonly stdout?: string;
  readonly stderr?: string;
  readonly tty?: string;
  /** The login file afterwards; null for none. */
  readonly file?: string | null;
  /** The step after which it was the same. */
  readonly fileAs?: string;
}

type Recording = { readonly version: string } & Record<Mode, readonly Step[]>;

/** Steps that are not compared as they are. */
interface Difference {
  readonly steps: RegExp;
  readonly versions?: RegExp;
  readonly mode?: Mode;
  /** What is compared all the same. */
  readonly compared: 'nothing' | 'exit' | 'exit and stdout';
  readonly reason: string;
}

const DIFFERENCES: readonly Difference[] = [
  {
    steps: /^(?:unknown command|logout \(no such command)/,
    versions: /^0\.|^1\.[0-4]\./,
    compared: 'exit and stdout',
    reason: 'the list of all commands: ours has those that are played',
  },
  {
    steps: /^login, no terminal, answers piped in$/,
    versions: /^0\.|^1\.[0-3]\./,
    compared: 'exit and stdout',
    reason: "of the panic only the first line: the rest are the recorder's addresses",
  },
  {
    steps: /^build \(FROM|^build again/,
    versions: /^0\.6\./,
    compared: 'nothing',
    reason: 'the recorded docker found no aufs, and built nothing',
  },
  {
    steps: /^build, FROM scratch$/,
    versions: /^0\.6\./,
    compared: 'nothing',
    reason: 'an error in a build was a line of its output, with exit code 0',
  },
  {
    steps: /^build, FROM scratch$/,
    versions: /^0\.7\./,
    compared: 'nothing',
    reason: 'the exit code was the status 404, of which a shell sees 148; ours is 1',
  },
  {
    steps: /^pull of all tags$/,
    versions: /^1\.9\./,
    compared: 'exit',
    reason: 'two chains at once: which of them says that a layer is here was a race in 1.9',
  },
  {
    steps: /^push of what was committed$/,
    versions: /^1\.1[0-2]\./,
    compared: 'exit',
    reason: 'a commit takes the files of a folder, so that it has a layer more',
  },
];

const FOLDER = new URL('test/fixtures/docker-outputs/', packageRoot);

const MIB = 1024 * 1024;

/** The day on which the recordings were made. */
const NOW = Date.parse('2026-11-28T02:08:00Z');

const DOCKERFILES: Readonly<Record<string, string>> = {
  'build (FROM a local image, MAINTAINER, ENV, ADD, EXPOSE)':
    'FROM NAME\nMAINTAINER James Turnbull "james@example.com"\nENV REFRESHED_AT 2014-07-01\nADD hello.txt /hello.txt\nEXPOSE 80\n',
  'build, FROM scratch': 'FROM scratch\nADD hello.txt /hello.txt\n',
  'build, unknown instruction': 'FROM NAME\nFROBNICATE x\n',
};

function recordings(): Recording[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8')) as Recording);
}

/** A hub, the daemons A (pushes) and C (pulls) of a recording, and the home of their user. */
class Stage {
  readonly #version: string;
  readonly #mode: Mode;
  readonly #hub: Hub;
  readonly #home = new MemoryDisk(MIB, () => NOW);
  readonly #files = new MemoryDisk(16 * MIB, () => NOW);
  readonly #a: BareMachine;
  readonly #c: BareMachine;
  readonly #kept = new Map<string, string | null>();

  constructor(version: string, mode: Mode, hub: Hub) {
    this.#version = version;
    this.#mode = mode;
    this.#hub = hub;
    const machine = (): BareMachine => ({
      version,
      graph: new MemoryDisk(16 * MIB, () => NOW),
      home: this.#home,
      homeName: 'DIR/home',
      files: this.#files,
      index: new URL(hub.url),
      now: () => NOW,
    });
    this.#a = machine();
    this.#c = machine();
  }

  /** The name of something of this mode. */
  name(path: string): string {
    return this.#mode === 'official' ? path : `127.0.0.1:${this.#hub.port}/${path}`;
  }

  get #isTwoChains(): boolean {
    return /^0\.[67]\./.test(this.#version);
  }

  /** Does a step; what came of it, with the port and the login file in the words of the recording. */
  async run(step: Step): Promise<Outcome & { readonly file: string | null }> {
    await this.#prepare(step.step);
    const isPulling = /^(?:pull|rmi|images after (?:pulls|rmi))/.test(step.step);
    const outcome = await this.#play(isPulling ? this.#c : this.#a, step);
    await this.#hub.faults.clear();
    const shown = (text: string): string =>
      text.replaceAll(`127.0.0.1:${this.#hub.port}`, '127.0.0.1:PORT');
    const file = await this.#loginFile();
    return {
      exit: outcome.exit,
      stdout: shown(outcome.stdout),
      stderr: shown(outcome.stderr),
      tty: shown(outcome.tty),
      file: file === null ? null : shown(file),
    };
  }

  /** What the login file must be. */
  expectedFile(step: Step): string | null | undefined {
    const file = step.fileAs === undefined ? step.file : this.#kept.get(step.fileAs);
    if (file !== undefined && !this.#kept.has(step.step)) this.#kept.set(step.step, file);
    return file;
  }

  async #play(machine: BareMachine, step: Step): Promise<Outcome> {
    const line = step.command.replaceAll('127.0.0.1:PORT', `127.0.0.1:${this.#hub.port}`);
    const { words, input, output } = splitLine(line);
    if (step.step === 'commit') {
      // There are no containers: the files are those of a folder.
      words.splice(1, 0, '--from', this.name('jamtur01/static_web'));
      await this.#files.write('web/file', 'new\n');
    }
    const pieces: Buffer[] = [];
    const given: Given = {
      ...(step.tty !== undefined && { columns: step.step.includes('120 columns') ? 120 : 80 }),
      ...(step.typed && { typed: step.typed }),
      ...(step.stdin && { stdin: step.stdin }),
      ...(input && { stdin: this.#files.stream(input) }),
      ...(output && { into: (piece: Buffer) => void pieces.push(piece) }),
    };
    const outcome = await play(machine, words, given);
    if (output !== undefined) await this.#files.write(output, Buffer.concat(pieces));
    return outcome;
  }

  /** What was made ready, unseen, before a step was recorded. */
  async #prepare(step: string): Promise<void> {
    const login = /^login/.test(step) && !/kept from before|again/.test(step);
    const notLoggedIn =
      login || /^push, not logged in/.test(step) || /by prompts, wrong/.test(step);
    if (notLoggedIn) await this.#removeLogin();
    else if (/^(?:push|login by prompts again|logout$)/.test(step)) await this.#logIn();
    if (step === 'load') await this.#file('jamtur01', 'jamtur01/static_web');
    if (step === "push into another's namespace") await this.#tag('other01/static_web');
    if (step.startsWith('push, every image known')) await this.#tag('jamtur01/secondrepo');
    if (step === 'push on a terminal') await this.#load('web2');
    if (step === 'push on a terminal of 120 columns') await this.#load('web3');
    if (step === 'push, the upload of a layer is answered 500') {
      await this.#load('broken');
      this.#hub.faults.add({ match: { method: 'PUT', path: '*/layer' }, then: { status: 500 } });
    }
    if (step === 'push, the index answers 503') {
      this.#hub.faults.add({
        match: { method: 'PUT', path: '/v1/repositories/*' },
        then: { status: 503 },
      });
    }
    if (step.startsWith('build')) await this.#context(step);
  }

  async #removeLogin(): Promise<void> {
    await this.#home.remove('.dockercfg');
    await this.#home.remove('.docker');
  }

  async #logIn(): Promise<void> {
    const host = this.#mode === 'private' ? [`127.0.0.1:${this.#hub.port}`] : [];
    const email = /^1\.1[12]\./.test(this.#version) ? [] : ['-e', 'james@example.com'];
    const words = ['login', '-u', 'jamtur01', '-p', 'secret', ...email, ...host];
    assert.equal((await play(this.#a, words)).exit, 0);
  }

  async #loginFile(): Promise<string | null> {
    const file =
      (await this.#home.read('.dockercfg')) ?? (await this.#home.read('.docker/config.json'));
    return file?.toString('utf8') ?? null;
  }

  async #file(seed: string, path: string): Promise<void> {
    const tags = path.endsWith('static_web') ? (this.#isTwoChains ? 'two chains' : 'two') : 'one';
    await this.#files.write(`DIR/${seed}.tar`, archiveOf(seed, this.name(path), tags));
  }

  async #load(seed: string): Promise<void> {
    await this.#file(seed, `jamtur01/${seed}`);
    const stdin = this.#files.stream(`DIR/${seed}.tar`);
    assert.equal((await play(this.#a, ['load'], { stdin })).exit, 0);
  }

  async #tag(path: string): Promise<void> {
    const source = this.name('jamtur01/static_web:v1');
    assert.equal((await play(this.#a, ['tag', source, this.name(path)])).exit, 0);
  }

  async #context(step: string): Promise<void> {
    await this.#files.remove('DIR/ctx/Dockerfile');
    await this.#files.write('DIR/ctx/hello.txt', 'hello\n');
    const name = step.startsWith('build again') ? Object.keys(DOCKERFILES)[0] : step;
    const text = DOCKERFILES[name ?? ''];
    if (text === undefined) return;
    const base = this.name('jamtur01/static_web');
    await this.#files.write('DIR/ctx/Dockerfile', text.replace('NAME', base));
  }
}

/** The content of the hub of the recordings. */
function startRecordedHub(): Promise<Hub> {
  return startPlainHub({
    seed: {
      users: [
        { username: 'sleepy01', password: 'secret', email: 'sleepy@example.com', active: false },
        { username: 'other01', password: 'secret' },
        { username: 'training', password: 'secret' },
      ],
      repositories: [
        {
          name: 'training/webapp',
          description: 'A simple web app',
          stars: 12,
          trusted: true,
        },
        { name: 'training/webapp2' },
        {
          name: 'other01/static_web_server',
          description:
            'A static web server with nginx, with a description that is longer than a column',
          stars: 3,
          trusted: true,
        },
        { name: 'ubuntu', description: 'Official Ubuntu base image', stars: 517 },
        { name: 'busybox', tags: { latest: { files: { 'bin/sh': 'hello\n' } } } },
      ],
    },
  });
}

/** JSON that was recorded as its shape: the number of lines, the first letters and the last, and the keys. */
function isShape(recorded: string, played: string): boolean {
  const shape =
    /^\[\[JSON: list of 1, (\d+) lines, begins b'(.*)', ends b'(.*)'; keys: (.*)\]\]\n$/.exec(
      recorded,
    );
  if (shape === null) return false;
  const [, lines, begin = '', end = '', keys = ''] = shape;
  const [first] = JSON.parse(played) as [Record<string, unknown>];
  const plain = (text: string): string => text.replaceAll('\\n', '\n');
  assert.equal(played.split('\n').length - 1, Number(lines), 'lines');
  assert.deepEqual(Object.keys(first), keys.split(', '), 'keys');
  assert.ok(played.startsWith(plain(begin)), `begins with ${begin}`);
  assert.ok(played.endsWith(plain(end)), `ends with ${end}`);
  return true;
}

/** What is chance in a step. */
function loosenessOf(version: string, mode: Mode, step: string): Looseness {
  const isContent = /^1\.1[012]\./.test(version);
  const isModern = isContent || /^1\.[5-9]\./.test(version);
  const manyTags = /pull of all tags|everything is here/.test(step);
  const isBuild = /^build|commit/.test(step);
  const isTransfer = /^(?:push|pull)/.test(step);
  return {
    anyOrder:
      (isTransfer && (isModern || manyTags)) ||
      /^images/.test(step) ||
      (version === '0.6.7' && step.startsWith('push')),
    ownIds: isContent || isBuild || /busybox|root name/.test(step) || /^images after/.test(step),
    ownColumns: mode === 'private' || isContent,
  };
}

function differenceOf(version: string, mode: Mode, step: string): Difference | undefined {
  return DIFFERENCES.find(
    ({ steps, versions = /./, mode: only = mode }) =>
      steps.test(step) && versions.test(version) && only === mode,
  );
}

for (const recording of recordings()) {
  for (const mode of ['official', 'private'] as const) {
    describe(`docker ${recording.version} played, ${mode}`, () => {
      let hub: Hub;
      let stage: Stage;
      before(async () => {
        hub = await startRecordedHub();
        stage = new Stage(recording.version, mode, hub);
      });
      after(() => hub.close());

      for (const step of recording[mode]) {
        it(step.step, async () => {
          const played = await stage.run(step);
          const expectedFile = stage.expectedFile(step);
          if (step.step === 'login with -e') {
            await hub.users.create({
              username: 'jamtur01',
              password: 'secret',
              email: 'james@example.com',
            });
          }
          const difference = differenceOf(recording.version, mode, step.step);
          if (difference?.compared === 'nothing') return;
          const loose = loosenessOf(recording.version, mode, step.step);
          assert.equal(played.exit, step.exit, `exit code; it said: ${played.stderr}${played.tty}`);
          if (difference?.compared === 'exit') return;
          for (const stream of ['stdout', 'stderr', 'tty'] as const) {
            const recorded = step[stream];
            if (
              recorded === undefined ||
              isShape(recorded, played[stream]) ||
              isLike(recorded, played[stream], loose)
            )
              continue;
            if (stream === 'stderr' && difference?.compared === 'exit and stdout') continue;
            assert.equal(settle(played[stream], loose), settle(recorded, loose), stream);
          }
          if (expectedFile !== undefined) assert.equal(played.file, expectedFile);
        });
      }
    });
  }
}
