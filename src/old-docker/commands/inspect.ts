import { compareVersions } from '../eras/versions.js';
import type { Config } from '../images/image-json.js';
import { wholeConfig, wholeImage } from '../images/json-shapes.js';
import { type SeenImage, View } from '../images/view.js';
import type { Command } from './command.js';
import type { Context } from './context.js';
import { Exit } from './failure.js';
import { readName } from './names.js';

/** `docker inspect IMAGE…`: images only, since nothing runs. */
export const inspectCommand: Command = {
  name: 'inspect',
  synopsis: [
    ['0', 'CONTAINER|IMAGE [CONTAINER|IMAGE...]'],
    ['1.2', '[OPTIONS] CONTAINER|IMAGE [CONTAINER|IMAGE...]'],
  ],
  about: [['0', 'Return low-level information on a container/image']],
  least: 1,
  most: Number.POSITIVE_INFINITY,
  flags: [],
  run: async (context, { words: references }) => {
    const { terminal, wording, images: graph, version } = context;
    const view = new View(graph, version, wording);
    const found: string[] = [];
    const missed: string[] = [];
    for (const reference of references) {
      const image = view.find(reference, readName(reference));
      if (image === undefined) missed.push(wording.inspectUnknown.replace('%s', reference));
      else found.push(shown(context, view, image));
    }
    await terminal.stdout.write(listed(context, found));
    if (missed.length === 0) return;
    await terminal.stderr.write(missed.map((line) => `${line}\n`).join(''));
    throw new Exit(1);
  },
};

/** The brackets around, which each version set in its own way. */
function listed({ version, wording }: Context, found: readonly string[]): string {
  const end = wording.inspectEnds ? '\n' : '';
  if (found.length === 0) return `[]${end}`;
  if (compareVersions(version, '1.10') >= 0) {
    const inner = found.map((text) => text.replaceAll(/^/gm, '    ')).join(',\n');
    return `[\n${inner}\n]\n`;
  }
  if (compareVersions(version, '1.7') >= 0) return `[\n${found.join(',\n')}\n]\n`;
  const close = compareVersions(version, '1.0') >= 0 ? '\n]' : ']';
  return `[${found.join(',')}${close}${end}`;
}

function shown(context: Context, view: View, image: SeenImage): string {
  const { version } = context;
  const value =
    compareVersions(version, '1.0') < 0
      ? asStored(version, image)
      : compareVersions(version, '1.7') < 0
        ? asStruct(version, image)
        : asAnswer(version, view, image);
  return JSON.stringify(value, undefined, 4);
}

/** Before 1.0: the image's json, with its size. */
function asStored(version: string, { json, size }: SeenImage): unknown {
  const { os, ...image } = wholeImage(version, json, size);
  const hasOs = compareVersions(version, '0.7') >= 0 && os !== undefined;
  const { Size, ...rest } = image;
  return { ...rest, ...(hasOs && { os }), Size };
}

/** From 1.0 to 1.6: all fields in alphabetical order. */
function asStruct(version: string, image: SeenImage): unknown {
  const { json } = image;
  return {
    Architecture: json.architecture ?? '',
    Author: json.author ?? '',
    Comment: json.comment ?? '',
    Config: byAlphabet(wholeConfig(version, json.config)),
    Container: json.container ?? '',
    ContainerConfig: byAlphabet(wholeConfig(version, json.container_config)),
    Created: json.created ?? '0001-01-01T00:00:00Z',
    DockerVersion: json.docker_version ?? '',
    Id: image.id,
    Os: json.os ?? '',
    Parent: image.parent ?? '',
    Size: image.size,
    VirtualSize: image.virtualSize,
  };
}

/** From 1.7: the answer of the API. */
function asAnswer(version: string, view: View, image: SeenImage): unknown {
  const { json, content } = image;
  const parent = view.get(image.parent)?.fullId ?? '';
  return {
    Id: image.fullId,
    ...(compareVersions(version, '1.8') >= 0 && {
      RepoTags: view.namesOf(image),
      RepoDigests: [],
    }),
    Parent: parent,
    Comment: json.comment ?? '',
    Created: json.created ?? '0001-01-01T00:00:00Z',
    Container: json.container ?? '',
    ContainerConfig: wholeConfig(version, json.container_config),
    DockerVersion: json.docker_version ?? '',
    Author: json.author ?? '',
    Config: wholeConfig(version, json.config),
    Architecture: json.architecture ?? '',
    Os: json.os ?? '',
    Size: content === undefined ? image.size : image.virtualSize,
    VirtualSize: image.virtualSize,
    GraphDriver: { Name: 'hub-v1', Data: null },
    ...(compareVersions(version, '1.12') >= 0 && {
      RootFS: {
        Type: 'layers',
        Layers: (content?.layers ?? []).map(({ diff }) => `sha256:${diff}`),
      },
    }),
  };
}

function byAlphabet(config: Config): Config {
  return Object.fromEntries(Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1)));
}
