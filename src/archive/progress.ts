/** What somebody who waits for an archive is told. */
export type ArchiveProgress =
  /** So many bytes are about to be gone through: 'reading', 'checking', 'storing', … */
  | { readonly kind: 'begin'; readonly work: string; readonly bytes: number }
  /** So many bytes more are done. */
  | { readonly kind: 'bytes'; readonly bytes: number }
  /** An image is stored, was here already, or is written. */
  | {
      readonly kind: 'image';
      readonly id: string;
      readonly state: 'stored' | 'here' | 'written';
      /** Length of its layer. */
      readonly size: number;
    }
  /** A tag points at its image now. */
  | {
      readonly kind: 'tag';
      readonly repository: string;
      readonly tag: string;
      readonly image: string;
    }
  /** Something a person should know. */
  | { readonly kind: 'note'; readonly text: string };

export type ProgressListener = (progress: ArchiveProgress) => void;

/** Lets chunks through and tells of each. */
export async function* counted(
  chunks: AsyncIterable<Buffer>,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  for await (const chunk of chunks) {
    onBytes(chunk.length);
    yield chunk;
  }
}
