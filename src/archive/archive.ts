/*
 * The room of image archives: reading and writing the tars of `docker save` and `docker load`.
 *
 *   readArchive    plain-file and tar-file (where every file lies), then one of the layouts:
 *                  docker-layout (`manifest.json`), dir-layout (one that is a manifest), oci-layout
 *                  (`index.json`), old-layout (`repositories`); images of every layout come out in the v1 form
 *                  (conversion, and the rules of domain/bridge)
 *   importArchive  import-archive: decides what goes where (placements), reads every layer through
 *                  (check-layers), then hands all to the domain, which keeps all or nothing
 *   plain-file     what is compressed is opened by the domain's bounded door (domain/layers/uncompressed)
 *   exportImage    export-image: one image, from v1 or v2 (export-source), as a tar that docker of any
 *                  age loads (domain/bridge, tar-writer)
 *
 * It stands beside the routes: it may use the domain, and neither Koa nor the wire. The only disk it
 * touches itself is the archive, and a temporary file where that can't be read twice. Memory does not
 * grow with layers.
 */
export type { ArchivedImage, ArchivedLayer, ArchivedTag, Contents } from './contents.js';
export { ArchiveError } from './errors.js';
export { type ExportedImage, exportImage } from './export-image.js';
export {
  type ImportedImages,
  type ImportOptions,
  importArchive,
  openSource,
} from './import-archive.js';
export type { ReadOptions } from './plain-file.js';
export type { ArchiveProgress, ProgressListener } from './progress.js';
export { type ImageArchive, readArchive } from './read-archive.js';
