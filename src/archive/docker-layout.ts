import { asList, Fields, parseDocument } from '../domain/bridge/document-fields.js';
import { chainIds, createId, meansTheSame, v1Fields } from '../domain/bridge/v1-image.js';
import type { ArchivedImage, ArchivedLayer, ArchivedTag, Contents, Offer } from './contents.js';
import { contentsOf, Offers } from './contents.js';
import {
  ArchivedConfig,
  diffIdsOf,
  orEmptyLayer,
  platformOf,
  toV1Images,
  withConfig,
} from './conversion.js';
import { isManifest, readDirLayout } from './dir-layout.js';
import { ArchiveError, quote } from './errors.js';
import { readOldImage, readRepositories } from './old-layout.js';
import { choosePlatform } from './platforms.js';
import { archiveName } from './reference.js';
import type { TarFile } from './tar-file.js';

/*
 * The layout of `docker save` since 1.10: `manifest.json` lists images, each with its config, its names
 * and its layers. Where layers and configs lie differs from docker to docker, and from tool to tool.
 */

export const MANIFEST = 'manifest.json';
const LONGEST_DOCUMENT = 8 * 1024 * 1024;

/** Everything that `manifest.json` lists; or its image, where it is a manifest itself. Throws an ArchiveError. */
export async function readDockerLayout(tar: TarFile): Promise<Contents> {
  const bytes = await tar.read(MANIFEST, LONGEST_DOCUMENT);
  const document = parseDocument(bytes, MANIFEST);
  if (isManifest(document)) return readDirLayout(tar, MANIFEST, { bytes, document });
  const offers = new Offers();
  const notes: string[] = [];
  for (const [value, place] of asList(document, MANIFEST)) {
    offers.add(await readItem(tar, new Fields(value, place), notes));
  }
  const named = oneForEachName(await withOldNames(tar, offers.all), notes);
  return contentsOf(named, notes);
}

async function readItem(tar: TarFile, item: Fields, notes: string[]): Promise<Offer> {
  const path = item.text('Config');
  // Its name promises nothing, though it looks like a sum: docker takes a config that somebody edited.
  const config = new ArchivedConfig(await tar.read(path, LONGEST_DOCUMENT), path);
  const files = item.texts('Layers');
  const diffIds = diffIdsOf(config);
  if (files.length !== diffIds.length) {
    throw new ArchiveError(
      `${item.place} lists ${files.length} layers, and ${quote(path)} ${diffIds.length}`,
    );
  }
  const names = item.texts('RepoTags');
  return {
    names: names.map(archiveName),
    platform: platformOf(config),
    chain: await readChain(tar, config, files, { name: names[0] ?? quote(path), notes }),
  };
}

async function readChain(
  tar: TarFile,
  config: ArchivedConfig,
  files: readonly string[],
  told: { readonly name: string; readonly notes: string[] },
): Promise<ArchivedImage[]> {
  const diffIds = diffIdsOf(config);
  const old = await readOldChain(tar, files, diffIds);
  if (old !== undefined && isStillTrue(old, config, diffIds)) return withConfig(old, config);
  const layers = files.map((file, index) => layerOf(tar, file, diffIds[index]));
  return toV1Images(config, orEmptyLayer(layers, told));
}

/** Whether images of the old layout have ids of their own, and say what the config says. */
function isStillTrue(
  old: readonly ArchivedImage[],
  config: Fields,
  diffIds: readonly string[],
): boolean {
  const top = old.at(-1);
  if (top === undefined || areMadeToSave(old, diffIds)) return false;
  const place = `${top.id}/json`;
  return meansTheSame(
    v1Fields(parseDocument(top.json, place), place),
    v1Fields(Object.fromEntries(config.entries()), config.place),
  );
}

function layerOf(tar: TarFile, name: string, diffId: string | undefined): ArchivedLayer {
  return { file: tar.target(name), size: tar.size(name), digest: undefined, diffId };
}

/** The same images in the old layout, where the archive has both. */
async function readOldChain(
  tar: TarFile,
  files: readonly string[],
  diffIds: readonly string[],
): Promise<ArchivedImage[] | undefined> {
  const images: ArchivedImage[] = [];
  for (const [index, file] of files.entries()) {
    const [, id] = /^([0-9a-f]{64}|[0-9a-f]{16})\/layer\.tar$/.exec(file) ?? [];
    if (id === undefined || !tar.has(`${id}/json`)) return undefined;
    const image = await readOldImage(tar, id, diffIds[index]);
    if (image.parent !== images.at(-1)?.id) return undefined;
    images.push(image);
  }
  return images;
}

/**
 * Whether the ids are those that `docker save` makes while it saves (CreateID in image/v1/imagev1.go of docker).
 * Nobody else knows them, and they depend on the time zone and the age of that docker: such an image gets the
 * ids that it has everywhere. All other ids are the images' own and stay.
 */
function areMadeToSave(images: readonly ArchivedImage[], diffIds: readonly string[]): boolean {
  const [lowest] = images;
  if (lowest === undefined) return false;
  const place = `${lowest.id}/json`;
  const json = parseDocument(lowest.json, place) as { created?: unknown };
  // The os of those that are not the uppermost comes in once the id is made.
  const said = images.length === 1 ? json : { created: json.created };
  return createId(v1Fields(said, place), chainIds(diffIds)[0] ?? '', undefined) === lowest.id;
}

/** What `repositories` names, for images of the old layout that have no name here. */
async function withOldNames(tar: TarFile, offers: readonly Offer[]): Promise<Offer[]> {
  if (offers.every(({ names }) => names.length > 0)) return [...offers];
  const names = new Map<string, ArchivedTag[]>();
  for (const tag of await readRepositories(tar)) entryOf(names, tag.image).push(tag);
  return offers.map((offer) => {
    if (offer.names.length > 0) return offer;
    return { ...offer, names: names.get(offer.chain.at(-1)?.id ?? '') ?? [] };
  });
}

/** Several images of one name are one image for several platforms: one of them keeps the name. */
function oneForEachName(offers: readonly Offer[], notes: string[]): Offer[] {
  const byName = new Map<string, Offer[]>();
  for (const offer of offers) {
    for (const { repository, tag } of offer.names) {
      entryOf(byName, `${repository}:${tag}`).push(offer);
    }
  }
  const chosen = new Map<string, Offer>();
  for (const [name, candidates] of byName) {
    chosen.set(name, choosePlatform(candidates, name, notes));
  }
  return offers
    .map((offer) => ({
      offer,
      names: offer.names.filter(
        ({ repository, tag }) => chosen.get(`${repository}:${tag}`) === offer,
      ),
    }))
    .filter(({ offer, names }) => names.length > 0 || offer.names.length === 0)
    .map(({ offer, names }) => ({ ...offer, names }));
}

/** The list of a key, which begins empty. */
function entryOf<T>(lists: Map<string, T[]>, key: string): T[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}
