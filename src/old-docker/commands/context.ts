import type { Dialect } from '../eras/dialect.js';
import type { Wording } from '../eras/wording.js';
import type { Client, Credentials } from '../requests/session.js';
import { Wire, type WireOptions } from '../requests/wire.js';
import type { Disk } from '../store/disk.js';
import type { Graph } from '../store/graph.js';
import type { LayerLimits } from '../store/layer-limits.js';
import type { Logins } from '../store/logins.js';
import { Display } from '../terminal/messages.js';
import type { PlainTerminal } from '../terminal/plain.js';
import type { Terminal } from '../terminal/terminal.js';
import type { Name } from './names.js';

/** Where a played docker stands, and what it may touch. */
export interface Machine
  extends Pick<WireOptions, 'onAnswer' | 'onRequest' | 'onConnection' | 'https' | 'onlyHosts'> {
  /** `1.5.0` */
  readonly version: string;
  readonly terminal: Terminal;
  /** Its images. */
  readonly graph: Disk;
  /** Where its login file lies. */
  readonly home: Disk;
  /** What it calls that folder: `/home/james`. */
  readonly homeName: string;
  /** The files that a person names: build contexts, archives. */
  readonly files: Disk;
  /** The hub that plays index.docker.io. */
  readonly index: URL;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** What it takes onto its disk, if not the usual amounts. */
  readonly layerLimits?: Partial<LayerLimits> | undefined;
}

/** What a command works with. */
export interface Context extends Machine {
  readonly terminal: PlainTerminal;
  readonly dialect: Dialect;
  readonly wording: Wording;
  readonly logins: Logins;
  readonly images: Graph;
}

/** The host of docker's own index. */
export const HUB_HOST = 'index.docker.io';

/** A client for a host (none: the Hub) with the login that is kept for it, or with the given one. */
export async function clientFor(
  context: Context,
  host: string | undefined,
  credentials?: Credentials,
): Promise<Client> {
  const { dialect, logins, index, https, onlyHosts, onAnswer, onRequest, onConnection } = context;
  return {
    dialect,
    wire: new Wire({
      host: host ?? HUB_HOST,
      index,
      https,
      onlyHosts,
      onAnswer,
      onRequest,
      onConnection,
      discoversTls: true,
    }),
    credentials: credentials ?? (await logins.find(host)),
    basicOnly: false,
    official: host === undefined,
  };
}

/** Shows messages from the daemon on standard output. */
export function displayOf({ terminal, wording, now }: Context): Display {
  return new Display(terminal.stdout, wording, now);
}

/** A name as messages have it: from 1.8 the Hub's begin with its own. */
export function shownName({ wording }: Context, { host, path, local }: Name): string {
  if (host !== undefined || !wording.namesDockerIo) return local;
  return `docker.io/${path.includes('/') ? path : `library/${path}`}`;
}
