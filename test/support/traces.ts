import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Version } from './old-docker.js';

/** A request that a real docker sent. Bodies are cut: text at 2 KB, binary at 256 bytes. */
export interface TracedRequest {
  readonly method: string;
  readonly url: string;
  /** `Name: value`, in the order and letter case of the wire. */
  readonly headers: readonly string[];
  /** Of the whole body. */
  readonly bodySize: number;
  readonly bodySha256?: string;
  /** Text, or `base64:…` of a layer. */
  readonly body: string;
}

/** What the recording server answered. */
export interface TracedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodySize: number;
  readonly body: string;
}

/** One line of a recording: a request with its answer, or a TLS hello on the plain port. */
export type TraceLine = TracedCall | { readonly rawFirstBytes: string };

/** A request with its answer. */
export interface TracedCall {
  readonly request: TracedRequest;
  readonly response: TracedAnswer;
}

/** What was recorded of each version. */
export type TraceName =
  | 'login_existing'
  | 'login_inactive'
  | 'login_new'
  | 'login_wrong'
  | 'pull_all'
  | 'pull_missing_repo'
  | 'pull_missing_tag'
  | 'pull_root'
  | 'pull_tag'
  | 'push'
  | 'push_again'
  | 'push_root'
  | 'search';

/** The host that the recording server had. */
export const TRACED_HOST = '127.0.0.1:15000';

/** All lines of a recording, in order. */
export function readTrace(version: Version, name: TraceName): TraceLine[] {
  const text = readFileSync(fileOf(version, name), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as TraceLine);
}

/** Whether this was recorded: search is missing for the older ones. */
export function hasTrace(version: Version, name: TraceName): boolean {
  return existsSync(fileOf(version, name));
}

/** The requests of a recording with their answers. */
export function callsOf(trace: readonly TraceLine[]): TracedCall[] {
  return trace.filter((line): line is TracedCall => 'request' in line);
}

/** A body's bytes, as far as they were kept. */
export function bytesOf(message: { readonly body: string }): Buffer {
  return message.body.startsWith('base64:')
    ? Buffer.from(message.body.slice('base64:'.length), 'base64')
    : Buffer.from(message.body);
}

/** Whether a body was kept whole. */
export function isWhole(message: { readonly body: string; readonly bodySize: number }): boolean {
  return bytesOf(message).length === message.bodySize;
}

/** The value of a header; the first if it came more than once. */
export function headerOf(request: TracedRequest, name: string): string | undefined {
  const start = `${name.toLowerCase()}:`;
  const line = request.headers.find((header) => header.toLowerCase().startsWith(start));
  return line?.slice(start.length).trim();
}

function fileOf(version: Version, name: TraceName): string {
  return join(fixtures(), 'traces', `docker-${version}-${name}.jsonl`);
}

/** test/fixtures, seen from the compiled file. */
function fixtures(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!readdirSync(folder).includes('package.json')) {
    folder = dirname(folder);
  }
  return join(folder, 'test', 'fixtures');
}
