import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { errors } from '../../src/domain/errors.js';
import { packageRoot } from '../../src/version.js';
import type { WebContext } from './web.js';

/** What lies beside the views once they are compiled, by its name in addresses. */
const FILES: Readonly<Record<string, readonly [path: string, type: string]>> = {
  'site.css': ['dist/src/web/site.css', 'text/css; charset=utf-8'],
  'site.js': ['dist/src/web/client/site.js', 'text/javascript; charset=utf-8'],
  'copy.js': ['dist/src/web/client/copy.js', 'text/javascript; charset=utf-8'],
  'live.js': ['dist/src/web/client/live.js', 'text/javascript; charset=utf-8'],
  'fresh.js': ['dist/src/web/client/fresh.js', 'text/javascript; charset=utf-8'],
  'terminal.js': ['dist/src/web/client/terminal.js', 'text/javascript; charset=utf-8'],
  'icon.svg': ['dist/src/web/icon.svg', 'image/svg+xml'],
};

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
}

/** The style sheet and the scripts. Their folder is named by what is in them, so that browsers may keep them for good. */
export class Assets {
  readonly #files: ReadonlyMap<string, Asset>;
  /** Such as `/static/0f3a…/`. */
  readonly folder: string;

  private constructor(files: ReadonlyMap<string, Asset>) {
    this.#files = files;
    const hash = createHash('sha256');
    for (const [name, { bytes }] of files) hash.update(`${name}\n`).update(bytes);
    this.folder = `/static/${hash.digest('hex').slice(0, 12)}/`;
  }

  static async load(): Promise<Assets> {
    const loaded = Object.entries(FILES).map(async ([name, [path, type]]) => {
      const bytes = await readFile(new URL(path, packageRoot));
      return [name, { type, bytes }] as const;
    });
    return new Assets(new Map(await Promise.all(loaded)));
  }

  find(name: string): Asset | undefined {
    return this.#files.get(name);
  }
}

/** GET /static/(version)/(file) */
export async function getAsset(ctx: WebContext): Promise<void> {
  const { version = '', file = '' } = ctx.params;
  const { assets } = await ctx.state.web.tools();
  const found = assets.find(file);
  if (found === undefined) throw errors.unknownPath();
  const isCurrent = assets.folder === `/static/${version}/`;
  ctx.set({
    'Content-Type': found.type,
    'Cache-Control': isCurrent ? 'public, max-age=31536000, immutable' : 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  ctx.body = found.bytes;
}
