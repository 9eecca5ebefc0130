import { Fields } from '../domain/bridge/document-fields.js';
import type { Contents } from './contents.js';
import { readIndex } from './oci-layout.js';
import { sha256 } from './sums.js';
import type { TarFile } from './tar-file.js';

/*
 * The layout of skopeo's `dir:` and podman's `docker-dir`: `manifest.json` is the manifest itself, or an index of
 * those in `<hex>.manifest.json`, and everything else lies beside it under the hex of its digest
 * (directory/directory_transport.go of containers/image). It names no repository.
 */

const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';
const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
/** Layers were called `.tar` once. */
const BLOB = /^([0-9a-f]{64})(?:\.manifest\.json|\.tar)?$/;

/** Whether this is the manifest of such a layout. */
export function isManifest(document: unknown): document is object {
  return typeof document === 'object' && document !== null && 'schemaVersion' in document;
}

/** The image of a folder whose `manifest.json`, found under `name`, has these bytes. Throws an ArchiveError. */
export function readDirLayout(
  tar: TarFile,
  name: string,
  { bytes, document }: { readonly bytes: Buffer; readonly document: object },
): Promise<Contents> {
  const top = sha256(bytes);
  const names = new Map([[blob(top), name]]);
  for (const each of tar.names()) {
    const [, hex] = BLOB.exec(each) ?? [];
    if (hex !== undefined) names.set(blob(hex), each);
  }
  const mediaType = 'manifests' in document ? INDEX_TYPE : MANIFEST_TYPE;
  const index = new Fields({ manifests: [{ mediaType, digest: `sha256:${top}` }] }, name);
  return readIndex(tar.withNames(names), index);
}

function blob(hex: string): string {
  return `blobs/sha256/${hex}`;
}
