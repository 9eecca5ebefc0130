import { pack } from 'tar-stream';
import type { LayerFile } from './image-content.js';

/** A tar of the files, the same bytes for the same files. */
export async function packLayer(files: Readonly<Record<string, LayerFile>>): Promise<Buffer> {
  const tar = pack();
  for (const name of Object.keys(files).sort()) {
    const { bytes = Buffer.alloc(0), ...header } = entryOf(files[name] ?? '');
    tar.entry({ name: name.replace(/^\/+/, ''), mtime: new Date(0), ...header }, bytes);
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** What a tar says of a file, and its bytes. */
interface Entry {
  readonly type?: 'symlink' | 'directory';
  readonly mode: number;
  readonly linkname?: string;
  readonly bytes?: Buffer;
}

function entryOf(file: LayerFile): Entry {
  if (typeof file === 'string') return { mode: 0o644, bytes: Buffer.from(file) };
  if ('symlink' in file) return { type: 'symlink', mode: 0o777, linkname: file.symlink };
  if ('directory' in file) return { type: 'directory', mode: modeOf(file.mode, 0o755) };
  const bytes = 'text' in file ? Buffer.from(file.text) : Buffer.from(file.base64, 'base64');
  return { mode: modeOf(file.mode, 0o644), bytes };
}

function modeOf(digits: string | undefined, otherwise: number): number {
  return digits === undefined ? otherwise : Number.parseInt(digits, 8);
}
