import type { ArchiveProgress, ProgressListener } from '../archive/archive.js';
import { formatBytes, type Progress, showProgress } from './progress.js';

/** What the person sees of an import or an export: a bar on a terminal, lines where there is none. */
export class ArchiveView {
  readonly #print: (line: string) => void;
  #progress: Progress | undefined;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  readonly listener: ProgressListener = (progress) => {
    if (progress.kind === 'bytes') this.#progress?.advance(progress.bytes);
    else if (progress.kind === 'begin') this.#begin(progress);
    else if (progress.kind === 'image') this.#showImage(progress);
    else if (progress.kind === 'note') this.say(`note: ${progress.text}`);
    else this.say(`${progress.repository}:${progress.tag} is image ${progress.image}`);
  };

  /** A line for everybody. */
  say(line: string): void {
    this.end();
    this.#print(line);
  }

  /** Leaves the terminal as it was. */
  end(): void {
    this.#progress?.end();
    this.#progress = undefined;
  }

  #begin({ work, bytes }: Extract<ArchiveProgress, { kind: 'begin' }>): void {
    this.end();
    this.#progress = showProgress(work, bytes);
  }

  /** A line of its own where no bar is being drawn. */
  #showImage({ id, state, size }: Extract<ArchiveProgress, { kind: 'image' }>): void {
    if (process.stderr.isTTY) return;
    const what = state === 'here' ? 'already here' : `${state}, ${formatBytes(size)}`;
    this.#print(`${id.slice(0, 12)}: ${what}`);
  }
}
