import { z } from 'zod';
import { unmarshal } from '../requests/unmarshal.js';

/* The two files of an archive that say what its images are called. */

const repositories = z.record(z.string(), z.record(z.string(), z.string()).nullable()).nullable();

const manifest = z
  .array(
    z
      .looseObject({
        Config: z.string().nullish(),
        Layers: z.array(z.string()).nullish(),
      })
      .nullable(),
  )
  .nullable();

/** A tag of a repository and the id of its image. */
export interface Tagged {
  readonly name: string;
  readonly tag: string;
  readonly id: string;
}

/** An image of a manifest.json: the file of its config, and those of its layers, lowest first. */
export interface ManifestEntry {
  readonly config: string;
  readonly layers: readonly string[];
}

/** @throws OldDockerError unless it is the file `repositories` of an archive */
export function readRepositories(json: string): Tagged[] {
  const names = unmarshal(repositories, json, {
    '': 'map[string]graph.Repository',
    '*': 'graph.Repository',
  });
  return Object.entries(names ?? {}).flatMap(([name, tags]) =>
    Object.entries(tags ?? {}).map(([tag, id]) => ({ name, tag, id })),
  );
}

/** @throws OldDockerError unless it is the manifest.json of an archive */
export function readManifest(json: string): ManifestEntry[] {
  const entries = unmarshal(manifest, json, {
    '': '[]tarexport.manifestItem',
    '*': 'tarexport.manifestItem',
  });
  return (entries ?? []).map((entry) => ({
    config: entry?.Config ?? '',
    layers: entry?.Layers ?? [],
  }));
}
