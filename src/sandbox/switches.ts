import type { FaultAction, FaultMatch } from '../harness/fault-rule.js';
import type { Faults } from '../harness/faults.js';

/*
 * Faults as an admin of a class turns them on: a few, in plain words, over the harness's.
 */

interface Switch {
  readonly match: FaultMatch;
  readonly act: FaultAction;
}

/** What both ages of dockers do: layers of v1, blobs of v2. Whether one is there (HEAD) is not asked for its bytes. */
const DOWN = { method: 'GET', operation: ['getLayer', 'getBlob'] } as const;
const UP = { operation: ['putLayer', 'addToUpload', 'endUpload'] } as const;
/** The last of an image. */
const END = { operation: ['putChecksum', 'putManifest'] } as const;

export const SWITCHES = {
  slowLayers: { match: DOWN, act: { delay: 3000 } },
  cutLayers: { match: DOWN, act: { reset: 'middle' } },
  wrongByte: { match: DOWN, act: { corruptByte: 12 } },
  diskFull: { match: UP, act: { diskFull: true } },
  tokenRunOut: { match: END, act: { expiredToken: true } },
  unavailable: { match: { path: '/v*/*' }, act: { status: 503, retryAfter: 5 } },
} as const satisfies Readonly<Record<string, Switch>>;

export type SwitchName = keyof typeof SWITCHES;

export function isSwitch(name: string): name is SwitchName {
  return Object.hasOwn(SWITCHES, name);
}

/** A switch, and how often its fault has acted since it was turned on. */
export interface SwitchState {
  readonly name: SwitchName;
  readonly on: boolean;
  readonly acted: number;
}

const PREFIX = 'live-';

/** All switches as they are now. */
export function switchesOf(faults: Faults): SwitchState[] {
  const all = faults.list();
  return (Object.keys(SWITCHES) as SwitchName[]).map((name) => {
    const fault = all.find((each) => each.name === PREFIX + name);
    const isDone = fault?.times !== undefined && fault.acted >= fault.times;
    return { name, on: fault !== undefined && !isDone, acted: fault?.acted ?? 0 };
  });
}

/** For whom and how often; by default for everybody, until it is turned off. */
export interface SwitchOptions {
  readonly user?: string | undefined;
  readonly times?: number | undefined;
}

/** Turns a fault on; one that is on starts over. Throws an InvalidInput for an impossible user or number. */
export function turnOn(faults: Faults, name: SwitchName, { user, times }: SwitchOptions): void {
  const { match, act } = SWITCHES[name];
  turnOff(faults, name);
  faults.add({
    name: PREFIX + name,
    match: { ...match, ...(user === undefined ? {} : { user }) },
    ...(times === undefined ? {} : { times }),
    // biome-ignore lint/suspicious/noThenProperty: rules read "when …, then …"
    then: act,
  });
}

/** Turns it off, if it is on. */
export function turnOff(faults: Faults, name: SwitchName): void {
  faults.clear(PREFIX + name);
}
