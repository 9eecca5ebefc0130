import { type History, inVersion } from '../eras/versions.js';
import type { Config, ImageJson } from './image-json.js';

/*
 * The json of an image as each docker's Go wrote it: which fields, in which order, with which value where
 * there is none. From the recorded pushes and the source of the versions.
 */

/** A field and its empty value; null for what Go leaves nil. */
type Field = readonly [name: string, empty: string | number | boolean | null];

const STREAMS: readonly Field[] = [
  ['AttachStdin', false],
  ['AttachStdout', false],
  ['AttachStderr', false],
];
const TTY: readonly Field[] = [
  ['Tty', false],
  ['OpenStdin', false],
  ['StdinOnce', false],
  ['Env', null],
  ['Cmd', null],
];
const NAMES: readonly Field[] = [
  ['Hostname', ''],
  ['Domainname', ''],
  ['User', ''],
];
const MEMORY: readonly Field[] = [
  ['Memory', 0],
  ['MemorySwap', 0],
  ['CpuShares', 0],
];
const PORTS: readonly Field[] = [
  ['PortSpecs', null],
  ['ExposedPorts', null],
];
const PLACES: readonly Field[] = [
  ['WorkingDir', ''],
  ['Entrypoint', null],
];

/** The fields of a config, in order. */
const CONFIG: History<readonly Field[]> = [
  [
    '0',
    [
      ...NAMES,
      ...MEMORY,
      ...STREAMS,
      ...PORTS,
      ...TTY,
      ['Dns', null],
      ['Image', ''],
      ['Volumes', null],
      ['VolumesFrom', ''],
      ...PLACES,
      ['NetworkDisabled', false],
    ],
  ],
  [
    '0.8',
    [
      ...NAMES,
      ...MEMORY,
      ...STREAMS,
      ...PORTS,
      ...TTY,
      ['Dns', null],
      ['Image', ''],
      ['Volumes', null],
      ['VolumesFrom', ''],
      ...PLACES,
      ['NetworkDisabled', false],
      ['OnBuild', null],
    ],
  ],
  [
    '0.10',
    [
      ...NAMES,
      ...MEMORY,
      ['Cpuset', ''],
      ...STREAMS,
      ...PORTS,
      ...TTY,
      ['Image', ''],
      ['Volumes', null],
      ...PLACES,
      ['NetworkDisabled', false],
      ['OnBuild', null],
    ],
  ],
  [
    '1.5',
    [
      ...NAMES,
      ...MEMORY,
      ['Cpuset', ''],
      ...STREAMS,
      ...PORTS,
      ...TTY,
      ['Image', ''],
      ['Volumes', null],
      ...PLACES,
      ['NetworkDisabled', false],
      ['MacAddress', ''],
      ['OnBuild', null],
    ],
  ],
  [
    '1.6',
    [
      ...NAMES,
      ...STREAMS,
      ...PORTS,
      ...TTY,
      ['Image', ''],
      ['Volumes', null],
      ...PLACES,
      ['NetworkDisabled', false],
      ['MacAddress', ''],
      ['OnBuild', null],
      ['Labels', null],
    ],
  ],
  [
    '1.8',
    [
      ...NAMES,
      ...STREAMS,
      ...TTY,
      ['Image', ''],
      ['Volumes', null],
      ...PLACES,
      ['OnBuild', null],
      ['Labels', null],
    ],
  ],
];

/** Fields that are left out when they are empty. */
const OPTIONAL: readonly string[] = ['ExposedPorts'];

/** A config with all fields of a version, in its order. */
export function wholeConfig(version: string, given: Config | null | undefined): Config {
  const config = given ?? {};
  const shape = inVersion(version, CONFIG);
  const known = new Set(shape.map(([name]) => name));
  const whole: [string, unknown][] = shape.map(([name, empty]) => [name, config[name] ?? empty]);
  for (const name of OPTIONAL) {
    if (known.has(name) || config[name] === undefined || config[name] === null) continue;
    const at = whole.findIndex(([each]) => each === 'Tty');
    whole.splice(at, 0, [name, config[name]]);
  }
  return Object.fromEntries(whole);
}

/** Go's zero time. */
const NO_TIME = '0001-01-01T00:00:00Z';

/** An image's json as a version rewrites it; empty fields are left out. */
export function wholeImage(version: string, image: ImageJson, size: number | undefined): ImageJson {
  const { id, parent, comment, container, author, architecture, os } = image;
  return {
    ...(id && { id }),
    ...(parent && { parent }),
    ...(comment && { comment }),
    created: image.created ?? NO_TIME,
    ...(container && { container }),
    container_config: wholeConfig(version, image.container_config),
    ...(image.docker_version && { docker_version: image.docker_version }),
    ...(author && { author }),
    ...(image.config && { config: wholeConfig(version, image.config) }),
    ...(architecture && { architecture }),
    ...(os && { os }),
    ...(size !== undefined && size > 0 && { Size: size }),
  };
}
