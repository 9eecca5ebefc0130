import type { RescueProgress, RescueReport } from '../rescue/rescue.js';
import { formatBytes, type Progress, showProgress } from './progress.js';

/** What the person sees of a rescue: a bar on a terminal, lines where there is none, and the report. */
export class RescueView {
  readonly #print: (line: string) => void;
  #progress: Progress | undefined;

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  readonly listener = (progress: RescueProgress): void => {
    if (progress.kind === 'bytes') this.#progress?.advance(progress.bytes);
    else if (progress.kind === 'begin') {
      this.end();
      this.#progress = showProgress(progress.work, progress.bytes);
    } else if (process.stderr.isTTY) return;
    else if (progress.kind === 'tag') this.#showTag(progress);
    else this.#showPushed(progress.repository, progress.tag);
  };

  /** The report. What was told on the way is not repeated. In a passage nothing is kept here: images did not come to stay. */
  conclude(report: RescueReport, isPassage: boolean): void {
    this.end();
    for (const problem of report.problems) {
      this.#print(`skipped a part of ${report.source}: ${problem}`);
    }
    for (const repository of report.repositories) this.#showRepository(repository);
    const { taken, here, bytes, unnamed } = report.images;
    const came = report.dryRun ? 'would come' : isPassage ? 'read' : 'came';
    const before = isPassage ? '' : `; ${here} were here`;
    this.#print(`${count(taken, 'image')} ${came} (${formatBytes(bytes)})${before}`);
    if (report.pushed !== undefined) this.#showPush(report.pushed);
    if (unnamed.length > 0) {
      this.#print(`note: ${count(unnamed.length, 'image')} of no repository left out (--unnamed)`);
    }
    for (const note of report.notes) this.#print(`note: ${note}`);
  }

  /** Leaves the terminal as it was. */
  end(): void {
    this.#progress?.end();
    this.#progress = undefined;
  }

  #showTag({ repository, tag }: Extract<RescueProgress, { kind: 'tag' }>): void {
    if (tag.state === 'taken') this.#print(`${repository.to}:${tag.tag} is image ${tag.image}`);
  }

  #showPush({ target, repositories }: NonNullable<RescueReport['pushed']>): void {
    for (const { name, tags } of repositories) {
      for (const tag of tags) {
        if (tag.state === 'skipped') this.#print(`did not push ${name}:${tag.tag}: ${tag.reason}`);
        else if (process.stderr.isTTY) this.#showPushed(name, tag);
      }
    }
    const all = repositories.flatMap(({ tags }) => tags);
    const pushed = all.filter(({ state }) => state === 'taken').length;
    const there = all.filter(({ state }) => state === 'here').length;
    this.#print(`${count(pushed, 'tag')} pushed to ${target}; ${there} were there already`);
  }

  #showPushed(
    name: string,
    { tag, image, state }: RescueReport['repositories'][number]['tags'][number],
  ): void {
    if (state === 'taken') this.#print(`pushed ${name}:${tag}, ${image}`);
    if (state === 'here') this.#print(`${name}:${tag} is there already`);
  }

  #showRepository(repository: RescueReport['repositories'][number]): void {
    const { from, to = from, skipped, problems, notes, tags, untagged } = repository;
    if (skipped !== undefined) this.#print(`skipped ${from}: ${skipped}`);
    for (const problem of problems) this.#print(`skipped a part of ${from}: ${problem}`);
    for (const note of notes) this.#print(`note: ${from}: ${note}`);
    for (const { tag, image, state, reason } of tags) {
      if (state === 'skipped') this.#print(`skipped ${from}:${tag}: ${reason}`);
      if (state === 'taken' && process.stderr.isTTY) this.#print(`${to}:${tag} is image ${image}`);
    }
    for (const { image, state, reason } of untagged) {
      if (state === 'skipped') this.#print(`skipped ${from}, without a tag: ${reason}`);
      if (state === 'taken') this.#print(`${to} has image ${image}, without a tag`);
    }
  }
}

function count(number: number, thing: string): string {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
