import { Readable } from 'node:stream';
import { docker, type Machine, type Terminal } from '../../../src/old-docker/index.js';

/** What a command line came to. */
export interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Both, as a terminal shows them; only where there was one. */
  readonly tty: string;
}

/** What a command line is run with. */
export interface Given {
  /** Columns; without, there is no terminal. */
  readonly columns?: number;
  /** What is typed at the prompts, a line each. */
  readonly typed?: readonly string[];
  /** What comes on standard input where it is no terminal. */
  readonly stdin?: string | AsyncIterable<Buffer>;
  /** Gets standard output instead. */
  readonly into?: (piece: Buffer) => void;
}

/** A machine without its terminal. */
export type BareMachine = Omit<Machine, 'terminal'>;

/** Runs a command line of a played docker on a terminal that keeps what is written. */
export async function play(
  machine: BareMachine,
  words: readonly string[],
  given: Given = {},
): Promise<Outcome> {
  const kept = { stdout: '', stderr: '', tty: '' };
  const exit = await docker({ ...machine, terminal: terminalOf(kept, given) }, words);
  return { exit, ...kept };
}

function terminalOf(kept: { stdout: string; stderr: string; tty: string }, given: Given): Terminal {
  const { columns, typed = [], stdin = '', into } = given;
  const isTerminal = columns !== undefined;
  const lines = isTerminal ? [...typed] : typeof stdin === 'string' ? stdin.split(/(?<=\n)/) : [];
  const read = (echo: boolean): string | undefined => {
    const line = lines.shift();
    if (isTerminal && echo && line !== undefined) kept.tty += line.replace('\n', '\r\n');
    return line === undefined || line === '' ? undefined : line.replace(/\n$/, '');
  };
  const write = (to: 'stdout' | 'stderr') => (data: string | Uint8Array) => {
    if (to === 'stdout' && into !== undefined) return into(Buffer.from(data));
    const text = typeof data === 'string' ? data : Buffer.from(data).toString('latin1');
    kept[to] += text;
    kept.tty += text.replaceAll('\n', '\r\n');
  };
  const output = { isTerminal: isTerminal && into === undefined, columns: columns ?? 80 };
  return {
    stdin: {
      isTerminal,
      readLine: async () => read(true),
      readSecret: async () => read(false),
      bytes: () => (typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)]) : stdin),
    },
    stdout: { ...output, write: write('stdout') },
    stderr: { ...output, write: write('stderr') },
  };
}

/** Takes a recorded command line apart: quotes, `< file` and `> file`. */
export function splitLine(line: string): { words: string[]; input?: string; output?: string } {
  const words = [...line.matchAll(/'([^']*)'|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  );
  const rest: string[] = [];
  const files: Record<string, string> = {};
  for (let at = 1; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '<' || word === '>') {
      at += 1;
      files[word === '<' ? 'input' : 'output'] = words[at] ?? '';
    } else rest.push(word);
  }
  return { words: rest, ...files };
}
