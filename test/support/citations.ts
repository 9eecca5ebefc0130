/* What comments cite: the documents of docs/, their sections, and RFCs. */
import { markdownFiles, readText } from './markdown.js';

/** A passage of comments and code in which documents are cited; comment marks and line ends are gone. */
export function passages(source: string): string[] {
  const comments =
    source.match(/\/\*.*?\*\/|(?:^[ \t]*\/\/.*\n)+|\/\/.*$|(?:^[ \t]*#.*\n)+/gms) ?? [];
  return comments.map((comment) => comment.replace(/\s*\n\s*(?:\*|\/\/|#)? ?/g, ' '));
}

/** What is wrong with the citations of a passage, each in a few words. */
export function brokenCitations(passage: string, library: Library): string[] {
  return [...brokenSections(passage, library), ...brokenDocuments(passage, library)];
}

/** The documents that can be cited. */
export class Library {
  readonly #texts = new Map<string, string>();

  constructor() {
    for (const path of markdownFiles()) {
      const name = path.replace(/^docs\//, '');
      if (!name.includes('/')) this.#texts.set(name, readText(path));
      else this.#texts.set(path, readText(path));
    }
  }

  has(name: string): boolean {
    return this.#texts.has(name);
  }

  headings(name: string): string[] {
    const text = this.#texts.get(name) ?? '';
    return [...text.matchAll(/^#{2,4} (.+)$/gm)].map(([, heading = '']) => heading);
  }

  /** Whether the document has a section of this number: `1.4`, or `7b` for the part `(b)` of 7. */
  hasSection(name: string, number: string): boolean {
    const [, whole = '', part] = /^([\d.]+?)([a-z])?$/.exec(number) ?? [];
    const text = this.#texts.get(name) ?? '';
    const chapter = new RegExp(`^#+ ${whole.replaceAll('.', '\\.')}[. ]`, 'm');
    if (chapter.test(text)) return part === undefined || text.includes(`\n### (${part})`);
    // protocol.md §0.6: the sixth of the facts under 0.
    const [above = '', item] = whole.split('.');
    const start = text.search(new RegExp(`^#+ ${above}\\. `, 'm'));
    if (start < 0 || item === undefined) return false;
    const [section = ''] = text
      .slice(start + 1)
      .split(/^#+ /m)
      .slice(1, 2);
    return new RegExp(`^${item}\\. `, 'm').test(section);
  }

  /** The numbered steps under a heading. */
  steps(name: string, heading: string): string[] {
    const text = this.#texts.get(name) ?? '';
    const [section = ''] = text.split(`## ${heading}\n`).slice(1);
    const [own = ''] = section.split(/^## /m);
    return [...own.matchAll(/^(\d+)\. /gm)].map(([, step = '']) => step);
  }
}

/** Each `§` belongs to the document that was named last before it. */
function brokenSections(passage: string, library: Library): string[] {
  let cited: string | undefined;
  const broken: string[] = [];
  for (const [token, number] of passage.matchAll(
    /RFC \d{4}|[\w/.-]+\.(?:md|rst)|§([\d.]*\d[a-z]?)/g,
  )) {
    if (number === undefined) cited = token;
    else if (cited === undefined) broken.push(`${token} of which document?`);
    else if (cited.startsWith('RFC') || isForeign(cited, passage)) continue;
    else if (!library.hasSection(cited, number)) broken.push(`${cited} has no ${token}`);
  }
  return broken;
}

/** A document of another project says of which: `hub_registry_spec.md of moby 1.5.0`. */
function isForeign(name: string, passage: string): boolean {
  return name.endsWith('.rst') || passage.includes(`${name} of `) || /README/.test(name);
}

function brokenDocuments(passage: string, library: Library): string[] {
  const broken = /\bdesign: /.test(passage) ? ['cites "design", which is not here'] : [];
  for (const found of passage.matchAll(
    /(?<![\w/.-])((?:\w+\/)*[\w-]+\.md)\b(?!\.\w)(,? ?)("?)(?=(.*))/g,
  )) {
    broken.push(...brokenDocument(found, passage, library));
  }
  return broken;
}

function brokenDocument(
  [, name = '', separator = '', quote = '', rest = '']: RegExpMatchArray,
  passage: string,
  library: Library,
): string[] {
  if (isForeign(name, passage)) return [];
  const document = name.replace(/^docs\//, '');
  if (!library.has(document)) return [`there is no ${name}`];
  const headings = library.headings(document);
  const heading = headings
    .filter((each) => rest.startsWith(each) && !/^\w/.test(rest.slice(each.length)))
    .sort((one, other) => other.length - one.length)[0];
  if (heading === undefined) {
    const isSection =
      rest.startsWith('§') || !/^(?:,? ?"|,? [A-Z/])/.test(separator + quote + rest);
    return isSection ? [] : [`${name} has no "${rest.slice(0, 30)}"`];
  }
  const [, list = ''] = /^"?((?: \d(?:,| and| to)?)*)/.exec(rest.slice(heading.length)) ?? [];
  const steps = library.steps(document, heading);
  return (list.match(/\d/g) ?? [])
    .filter((step) => !steps.includes(step))
    .map((step) => `${name}, ${heading} has no step ${step}`);
}
