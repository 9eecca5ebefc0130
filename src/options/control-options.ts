import { statSync } from 'node:fs';
import { InvalidInput } from '../input/invalid-input.js';
import type { Settings } from './settings.js';

/*
 * The options of the harness, and of those who use the hub from afar: what they may be, and together.
 */

/** The options that say who may use /_hub. */
export type ControlOptions = Pick<Settings, 'host' | 'control' | 'controlKey' | 'seedFiles'>;

/** What a request to /_hub must have: this key, or undefined: no page of another site may have made it. */
interface Guard {
  readonly key: string | undefined;
}

/** How /_hub is guarded; undefined: it is off. Throws an InvalidInput where it would be open to all. */
export function controlGuard(options: ControlOptions): Guard | undefined {
  const { control = false, host = '127.0.0.1', controlKey } = options;
  const key = (typeof control === 'object' ? control.key : undefined) ?? controlKey;
  if (control === false) {
    if (key === undefined) return undefined;
    throw new InvalidInput('--control-key', 'it goes together with --control');
  }
  if (key !== undefined) return { key: checkKey(key) };
  if (isLoopback(host)) return { key: undefined };
  throw new InvalidInput('--control', `on ${host}, which others can reach, it needs --control-key`);
}

/** A key can be sent in a header, and is not guessed by accident. */
function checkKey(key: string): string {
  if (/^[\x21-\x7e]{8,200}$/.test(key)) return key;
  throw new InvalidInput('--control-key', 'it must be 8 to 200 visible ASCII characters');
}

/** The options that say who may push. */
export type AnonymousOptions = Pick<Settings, 'host' | 'anonymous' | 'anonymousAnywhere'>;

/** Throws an InvalidInput where anybody in reach could push, and that was not said, or was said for nothing. */
export function checkAnonymous(options: AnonymousOptions): void {
  const { host = '127.0.0.1', anonymous = 'pull', anonymousAnywhere = false } = options;
  if (anonymous === 'pull') {
    if (!anonymousAnywhere) return;
    throw new InvalidInput('--anonymous-anywhere', 'it goes together with --anonymous push');
  }
  if (anonymousAnywhere || isLoopback(host)) return;
  throw new InvalidInput(
    '--anonymous',
    `on ${host}, all who reach it could push and delete: if that is meant, add --anonymous-anywhere`,
  );
}

/** Whether only this machine reaches a hub that listens on `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether the pages that teach are there: they show what is public to everybody who reaches the hub. They need the other
 * pages, and a journal.
 */
export function hasSandbox({
  sandbox,
  web,
  journal,
  host,
  harness,
  class: students,
}: {
  readonly sandbox: 'auto' | 'on' | 'off';
  readonly web: boolean;
  readonly journal: number;
  readonly host: string;
  /** False: what is not asked for in so many words is to cost nothing. */
  readonly harness: boolean;
  /** Students come with a teacher who looks on. */
  readonly class?: number | undefined;
}): boolean {
  if (!web || journal === 0) return false;
  const isMeant = students !== undefined || (harness && isLoopback(host));
  return sandbox === 'on' || (sandbox === 'auto' && isMeant);
}

/** Throws an InvalidInput where there is to be a class, but not the pages on which it is one. */
export function checkClass(options: Parameters<typeof hasSandbox>[0]): void {
  if (options.class === undefined || hasSandbox(options)) return;
  throw new InvalidInput(
    '--class',
    'it needs the pages, --sandbox and a journal: leave --no-web, --sandbox off and --journal 0 out',
  );
}

/** Where seeds over HTTP find their archives, if anywhere. Throws an InvalidInput for anything but a folder. */
export function readSeedFiles({ seedFiles, control = false }: ControlOptions): string | undefined {
  if (seedFiles !== undefined) {
    if (control === false)
      throw new InvalidInput('--seed-files', 'it goes together with --control');
    if (!isFolder(seedFiles))
      throw new InvalidInput('--seed-files', `${seedFiles} is not a folder`);
  }
  return seedFiles;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** Origins as a list or as one text, such as `http://localhost:8080,https://ui.example.com`, or `*`. */
export function readOrigins(given: readonly string[] | string = []): readonly string[] {
  const origins = typeof given === 'string' ? given.split(',').map((each) => each.trim()) : given;
  const wrong = origins.find((origin) => origin !== '*' && !isOrigin(origin));
  if (wrong === undefined) return origins;
  throw new InvalidInput(
    '--cors',
    `"${wrong}" is not an origin such as http://localhost:8080, nor *`,
  );
}

function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
