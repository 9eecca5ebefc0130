/* The repository's own Markdown: its files, code blocks, headings and links. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/version.js';

/** A fenced block of code. */
export interface CodeBlock {
  /** What stands behind the fence; often empty. */
  readonly language: string;
  readonly text: string;
  /** Where its first line stands, from 1. */
  readonly line: number;
}

/** A command that a page shows, and what it says that the command prints. */
export interface ShownCommand {
  readonly command: string;
  readonly answer: string;
}

/** Paths of all Markdown files below the package's root, those of its folders in order of name. */
export function markdownFiles(): string[] {
  const root = fileURLToPath(packageRoot);
  const outside = /(?:^|\/)(?:node_modules|dist|\.git|coverage)(?:\/|$)/;
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.md') && !outside.test(path))
    .sort();
}

/** The text of a file, by its path below the package's root. */
export function readText(path: string): string {
  return readFileSync(new URL(path, packageRoot), 'utf8');
}

export function codeBlocks(text: string): CodeBlock[] {
  return [...text.matchAll(/^```([\w-]*)\n(.*?)^```$/gms)].map((found) => ({
    language: found[1] ?? '',
    text: found[2] ?? '',
    line: text.slice(0, found.index).split('\n').length + 1,
  }));
}

/** A page without its code, in which `#` and `[` mean something else. */
export function prose(text: string): string {
  return text
    .replace(/^```.*?^```$/gms, '')
    .replace(/`[^`\n]*`/g, (code) => '`'.repeat(code.length));
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(text: string): string[] {
  const headings = [...text.replace(/^```.*?^```$/gms, '').matchAll(/^#{1,6} +(.+)$/gm)];
  const seen = new Map<string, number>();
  return headings.map(([, heading = '']) => {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
    const anchor = plain
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-');
    const before = seen.get(anchor) ?? 0;
    seen.set(anchor, before + 1);
    return before === 0 ? anchor : `${anchor}-${before}`;
  });
}

/** Where the links of a page lead. */
export function links(text: string): string[] {
  return [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
}

/** The commands of a `console` block, each with what stands below it. */
export function shownCommands({ text }: CodeBlock): ShownCommand[] {
  const parts = text.split(/^\$ /m).slice(1);
  return parts.map((part) => {
    const end = part.indexOf('\n');
    return { command: part.slice(0, end), answer: part.slice(end + 1) };
  });
}

/** What stands between the marks `<!-- name -->` and `<!-- /name -->`. */
export function marked(text: string, name: string): string {
  const [begin, end] = [text.indexOf(`<!-- ${name} -->`), text.indexOf(`<!-- /${name} -->`)];
  if (begin < 0 || end < begin) throw new Error(`there is no ${name} in this page`);
  return text.slice(begin, end);
}
