import type { Wording } from '../eras/wording.js';
import { OldDockerError } from '../requests/errors.js';
import type { Credentials } from '../requests/session.js';
import type { Disk } from './disk.js';

interface Entry {
  readonly auth: string;
  readonly email?: string;
}

type Entries = Record<string, Entry>;

/** Under what the Hub's login is kept. */
export const HUB_KEY = 'https://index.docker.io/v1/';

const OLD_FILE = '.dockercfg';
const NEW_FILE = '.docker/config.json';

/**
 * The login file of one version, in the home folder of the played docker, never in the user's own. From 1.7 on that is
 * config.json; where there is none, what `.dockercfg` says counts, until something is written (cliconfig/config.go).
 */
export class Logins {
  readonly #home: Disk;
  readonly #wording: Wording;

  constructor(home: Disk, wording: Wording) {
    this.#home = home;
    this.#wording = wording;
  }

  /** The file's path below the home folder. */
  get path(): string {
    return this.#hasOldFile ? OLD_FILE : NEW_FILE;
  }

  /** Who is logged in at a host; no host is the Hub. */
  async find(host: string | undefined): Promise<Credentials | undefined> {
    const entries = await this.#read();
    const entry = entries[this.key(host)] ?? this.#underAddress(entries, host);
    if (entry === undefined) return undefined;
    const decoded = Buffer.from(entry.auth, 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    return {
      username: decoded.slice(0, colon),
      password: decoded.slice(colon + 1),
      email: entry.email ?? '',
    };
  }

  async keep(host: string | undefined, { username, password, email }: Credentials): Promise<void> {
    const auth = Buffer.from(`${username}:${password}`).toString('base64');
    const entry = this.#wording.keepsEmail ? { auth, email } : { auth };
    await this.#write({ ...(await this.#read()), [this.key(host)]: entry });
  }

  /** Whether one is kept under the very key of a host, which is what a logout looks for. */
  async has(host: string | undefined): Promise<boolean> {
    return Object.hasOwn(await this.#read(), this.key(host));
  }

  async forget(host: string | undefined): Promise<void> {
    const { [this.key(host)]: _, ...others } = await this.#read();
    await this.#write(others);
  }

  /** The key of a host in the file. */
  key(host: string | undefined): string {
    if (host === undefined) return HUB_KEY;
    return this.#wording.loginKey === 'url' ? `http://${host}/v1/` : host;
  }

  get #hasOldFile(): boolean {
    return this.#wording.loginFile !== 'config.json';
  }

  /** 0.6 to 0.8 kept a login under the whole address of its host; later versions found it there. */
  #underAddress(entries: Entries, host: string | undefined): Entry | undefined {
    if (host === undefined || this.#wording.loginKey === 'url') return undefined;
    const found = Object.entries(entries).find(
      ([key]) => key.replace(/^https?:\/\//, '').split('/', 1)[0] === host,
    );
    return found?.[1];
  }

  async #read(): Promise<Entries> {
    const now = this.#hasOldFile ? undefined : await this.#home.read(NEW_FILE);
    const file = now ?? (await this.#home.read(OLD_FILE));
    if (file === undefined) return {};
    try {
      const content = JSON.parse(file.toString('utf8')) as Entries & { readonly auths?: Entries };
      return now === undefined ? content : (content.auths ?? {});
    } catch {
      throw new OldDockerError('The Auth config file is empty');
    }
  }

  async #write(entries: Entries): Promise<void> {
    const sorted = Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
    const isOld = this.#hasOldFile;
    if (isOld && Object.keys(sorted).length === 0) {
      await this.#home.remove(this.path);
      return;
    }
    const indent = this.#wording.loginFile === 'dockercfg' ? undefined : '\t';
    const text = JSON.stringify(isOld ? sorted : { auths: sorted }, undefined, indent);
    await this.#home.write(this.path, text, 0o600);
  }
}
