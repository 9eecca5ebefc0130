import type { LogFormat, LogLevel } from '../journal/log-kinds.js';
import type { Limits } from './limits.js';

/*
 * What a hub is started with. Nothing here needs another package, so that the types of startHub are whole
 * by themselves.
 */

/** A name and a password. */
export interface Login {
  readonly username: string;
  readonly password: string;
}

/** A certificate and its key, PEM. */
export interface Pem {
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
}

/**
 * What can be set about a hub; the flags and the environment have the same names. table.ts says the same in
 * rows, and the compiler compares the two (check-options.ts).
 */
export interface Settings extends Partial<Limits> {
  /** The address to listen on; 127.0.0.1. */
  readonly host?: string;
  /** The port to listen on; 0, any that is free. */
  readonly port?: number;
  /** The data directory, made if missing. Without one the hub is ephemeral. */
  readonly data?: string;
  /** True: documents in memory, layers in a temporary folder, and nothing left behind. */
  readonly ephemeral?: boolean;
  /** An admin account to make or update, also as `NAME:PASSWORD`. */
  readonly admin?: Login | string;
  /** Called for an admin account when the hub has no accounts and `admin` is not given. */
  readonly firstAdmin?: () => Login;
  /** `host[:port]` of each registry, for X-Docker-Endpoints; none: the host that was asked. */
  readonly endpoints?: readonly string[] | string;
  /** Proxies whose X-Forwarded-For is believed: `ADDRESS[/PREFIX]`, several by commas or as a list; none. */
  readonly trustedProxy?: readonly string[] | string;
  /** Whether anybody may register; `open`. */
  readonly registration?: 'open' | 'closed';
  /** What those may do who are not logged in; `pull`. */
  readonly anonymous?: 'pull' | 'push';
  /** True: with `anonymous: 'push'` the hub may listen where others can reach it. */
  readonly anonymousAnywhere?: boolean;
  /** Who gets the registry of today: `auto`, everybody but dockers up to 1.12. */
  readonly v2?: 'auto' | 'always' | 'off';
  /** Seconds that a token is good for; 3600. */
  readonly tokenTtl?: number;
  /** The real Hub's name to answer under, `index.docker.io`: as old clients have it built in. */
  readonly as?: 'index.docker.io';
  /** True: TLS 1.0 and the ciphers of 2013 are accepted, as well as newer ones. */
  readonly tlsLegacy?: boolean;
  /** A certificate and its key, PEM; with them the hub speaks https. */
  readonly tls?: Pem;
  /** The same as paths of files. */
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  /** `silent` in a process of one's own, `info` on the command line. */
  readonly logLevel?: LogLevel;
  /** bcrypt's cost, 4 to 15; 10. Tests want 4. */
  readonly bcryptRounds?: number;
  /** How log lines look; `json`. */
  readonly logFormat?: LogFormat;
  /** Where log lines go; standard error. */
  readonly logTo?: { write(line: string): void };
  /** The folder below which seeds over HTTP may name archives; without one they may name none. */
  readonly seedFiles?: string;
  /** How many requests the journal remembers; 10,000, and 0 for none. */
  readonly journal?: number;
  /**
   * False: no journal and nothing to go back to, so that what is deleted leaves the disk at once; true.
   * On the command line it is there with --control, since nothing else gets at it.
   */
  readonly harness?: boolean;
  /** Whether /_hub is there; on a host that others can reach it needs a key. */
  readonly control?: boolean | { readonly key?: string | undefined };
  /** The same as `control: { key }`; what the header X-Hub-Key must say. */
  readonly controlKey?: string;
  /** Whether the pages for browsers are there; true. */
  readonly web?: boolean;
  /** Whether the pages that teach are there; `auto`: where only this machine reaches the hub. */
  readonly sandbox?: 'auto' | 'on' | 'off';
  /** How many students there are to be in a class, 1 to 200; those that are there are kept. */
  readonly class?: number;
  /** Origins of web pages that may use the API, or `*` for all, also as one text. */
  readonly cors?: readonly string[] | string;
}
