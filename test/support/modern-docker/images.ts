/* Images as dockers of today have them: a config, layers, and the manifest that names both. */
import { gunzipSync, gzipSync } from 'node:zlib';
import { packTar, type TarEntry, TRAILER } from '../../../src/old-docker/images/tar.js';
import { filesOf, sha256 } from '../images.js';

/** The two families of media types. */
export type Form = 'docker' | 'oci';

export const TYPES = {
  docker: {
    manifest: 'application/vnd.docker.distribution.manifest.v2+json',
    index: 'application/vnd.docker.distribution.manifest.list.v2+json',
    config: 'application/vnd.docker.container.image.v1+json',
    layer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  },
  oci: {
    manifest: 'application/vnd.oci.image.manifest.v1+json',
    index: 'application/vnd.oci.image.index.v1+json',
    config: 'application/vnd.oci.image.config.v1+json',
    layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  },
} as const;

/** How a manifest names something. */
export interface Descriptor {
  readonly mediaType: string;
  readonly size: number;
  readonly digest: string;
}

/** Bytes that lie in a registry under their digest. */
export interface Content {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

/** A layer: what goes over the wire, and the tar that is in it. */
export interface ModernLayer extends Content {
  readonly tar: Buffer;
}

/** A manifest, and what it is called by. */
export interface ModernManifest extends Content {
  readonly digest: string;
}

/** An image. */
export interface ModernImage {
  readonly config: Content;
  /** The lowest first. */
  readonly layers: readonly ModernLayer[];
  readonly manifest: ModernManifest;
  /** The hex of the config's digest, as `docker images` shows it. */
  readonly id: string;
}

/** What is to be another than usual about an image. */
export interface Shape {
  readonly form?: Form;
  /** The layers; two that the seed makes, unless they are given. */
  readonly layers?: readonly ModernLayer[];
  /** Fields of the config, on top of the usual ones; undefined leaves one out. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Fields of the manifest likewise. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

export const digestOf = (bytes: Uint8Array): string => `sha256:${sha256(bytes)}`;

export function descriptorOf({ bytes, mediaType }: Content): Descriptor {
  return { mediaType, size: bytes.length, digest: digestOf(bytes) };
}

/** A layer with these files, as docker packs it: a whole tar, gzipped. */
export function makeLayer(files: readonly TarEntry[], form: Form = 'docker'): ModernLayer {
  const tar = Buffer.concat([packTar(files), TRAILER]);
  return { bytes: gzipSync(tar), mediaType: TYPES[form].layer, tar };
}

/** The image of a seed: the same bytes every time, others for every other seed. */
export function makeModernImage(seed: string, shape: Shape = {}): ModernImage {
  const { form = 'docker' } = shape;
  const layers = shape.layers ?? [
    makeLayer(filesOf(`${seed} 0`), form),
    makeLayer(filesOf(`${seed} 1`), form),
  ];
  const fields = { ...configOf(seed, layers), ...shape.config };
  const config = { bytes: Buffer.from(JSON.stringify(fields)), mediaType: TYPES[form].config };
  const manifest = makeManifest(form, config, layers, shape.manifest);
  return { config, layers, manifest, id: sha256(config.bytes) };
}

/** A manifest of these parts; docker indents it by three. */
export function makeManifest(
  form: Form,
  config: Content,
  layers: readonly Content[],
  more: Readonly<Record<string, unknown>> = {},
): ModernManifest {
  const mediaType = TYPES[form].manifest;
  return asManifest(mediaType, {
    schemaVersion: 2,
    mediaType,
    config: descriptorOf(config),
    layers: layers.map(descriptorOf),
    ...more,
  });
}

/** The JSON of a manifest of any kind. */
export function asManifest(mediaType: string, value: unknown): ModernManifest {
  const bytes = Buffer.from(JSON.stringify(value, undefined, 3));
  return { bytes, mediaType, digest: digestOf(bytes) };
}

/** One line of an index. */
export interface Member {
  readonly manifest: ModernManifest;
  readonly platform?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export function makeIndex(
  members: readonly Member[],
  form: Form = 'oci',
  more: Readonly<Record<string, unknown>> = {},
): ModernManifest {
  const manifests = members.map(({ manifest, ...rest }) => ({
    ...descriptorOf(manifest),
    ...rest,
  }));
  const mediaType = TYPES[form].index;
  return asManifest(mediaType, { schemaVersion: 2, mediaType, manifests, ...more });
}

/** What buildx puts beside an image: an attestation, for no platform (v2.md §5). */
export function makeAttestation(image: ModernImage): { image: ModernImage; member: Member } {
  const statement = Buffer.from(JSON.stringify({ subject: image.manifest.digest }));
  const mediaType = 'application/vnd.in-toto+json';
  const layers = [{ bytes: statement, mediaType, tar: statement }];
  const attestation = makeModernImage('attestation', {
    form: 'oci',
    layers,
    config: { architecture: 'unknown', os: 'unknown' },
  });
  const annotations = {
    'vnd.docker.reference.type': 'attestation-manifest',
    'vnd.docker.reference.digest': image.manifest.digest,
  };
  const platform = { architecture: 'unknown', os: 'unknown' };
  return {
    image: attestation,
    member: { manifest: attestation.manifest, platform, annotations },
  };
}

/** The same image with its layers compressed again, as docker pushes one that it pulled (v2.md §5). */
export function repacked(image: ModernImage): ModernImage {
  const layers = image.layers.map((layer) => ({
    ...layer,
    bytes: gzipSync(layer.tar, { level: 1 }),
  }));
  const form = image.config.mediaType === TYPES.docker.config ? 'docker' : 'oci';
  return { ...image, layers, manifest: makeManifest(form, image.config, layers) };
}

/** The mark of a zstd frame, and that of a block that is stored as it is. */
const ZSTD_MAGIC = Buffer.from('28b52ffd', 'hex');
const LARGEST_BLOCK = 100 * 1024;

/** Bytes as zstd that compresses nothing, which needs no program. */
export function storedAsZstd(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(bytes.length);
  // A single segment whose length is said in four bytes.
  const parts: Buffer[] = [ZSTD_MAGIC, Buffer.of(0xa0), length];
  for (let at = 0; at < bytes.length || at === 0; at += LARGEST_BLOCK) {
    const piece = bytes.subarray(at, at + LARGEST_BLOCK);
    const isLast = at + LARGEST_BLOCK >= bytes.length;
    const header = Buffer.alloc(3);
    header.writeUIntLE((piece.length << 3) | (isLast ? 1 : 0), 0, 3);
    parts.push(header, piece);
  }
  return Buffer.concat(parts);
}

/** The tar in a layer, as today's clients find it; throws where they fail (v2.md §5). */
export function unpack(blob: Buffer): Buffer {
  if (blob.subarray(0, 4).equals(ZSTD_MAGIC)) return unpackStored(blob);
  return blob.subarray(0, 2).equals(Buffer.from('1f8b', 'hex')) ? gunzipSync(blob) : blob;
}

function unpackStored(blob: Buffer): Buffer {
  const parts: Buffer[] = [];
  let at = 9;
  for (let isLast = false; !isLast; ) {
    const header = blob.readUIntLE(at, 3);
    isLast = (header & 1) === 1;
    const length = header >> 3;
    parts.push(blob.subarray(at + 3, at + 3 + length));
    at += 3 + length;
  }
  return Buffer.concat(parts);
}

function configOf(seed: string, layers: readonly ModernLayer[]): Record<string, unknown> {
  return {
    architecture: 'amd64',
    config: { Env: ['PATH=/bin'], Cmd: ['/bin/true'], Labels: { seed } },
    created: '2025-03-04T05:06:07.08Z',
    history: [
      { created: '2025-03-04T05:06:00Z', created_by: `ENV SEED=${seed}`, empty_layer: true },
      ...layers.map((_, level) => ({
        created: `2025-03-04T05:06:0${level % 10}Z`,
        created_by: `RUN /bin/sh -c layer ${level} <${seed}>`,
        comment: 'buildkit.dockerfile.v0',
      })),
    ],
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: layers.map(({ tar }) => digestOf(tar)) },
  };
}
