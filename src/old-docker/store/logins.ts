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

/** The login file of one version, in the home folder of the played docker, never in the user's own. */
export class Logins {
  readonly #home: Disk;
  readonly #wording: Wording;

  constructor(home: Disk, wording: Wording) {
    this.#home = home;
    this.#wording = wording;
  }

  /** The file's path below the home folder. */
  get path(): string {
    return this.#wording.loginFile === 'config.json' ? '.docker/config.json' : '.dockercfg';
  }

  /** Who is logged in at a host; no host is the Hub. */
  async find(host: string | undefined): Promise<Credentials | undefined> {
    const entry = (await this.#read())[this.key(host)];
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

  /** Whether there was one. */
  async forget(host: string | undefined): Promise<boolean> {
    const { [this.key(host)]: forgotten, ...others } = await this.#read();
    await this.#write(others);
    return forgotten !== undefined;
  }

  /** The key of a host in the file. */
  key(host: string | undefined): string {
    if (host === undefined) return HUB_KEY;
    return this.#wording.loginKey === 'url' ? `http://${host}/v1/` : host;
  }

  async #read(): Promise<Entries> {
    const file = await this.#home.read(this.path);
    if (file === undefined) return {};
    try {
      const content = JSON.parse(file.toString('utf8')) as Entries & { readonly auths?: Entries };
      return this.#wording.loginFile === 'config.json' ? (content.auths ?? {}) : content;
    } catch {
      throw new OldDockerError('The Auth config file is empty');
    }
  }

  async #write(entries: Entries): Promise<void> {
    const sorted = Object.fromEntries(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
    const isOld = this.#wording.loginFile !== 'config.json';
    if (isOld && Object.keys(sorted).length === 0) {
      await this.#home.remove(this.path);
      return;
    }
    const indent = this.#wording.loginFile === 'dockercfg' ? undefined : '\t';
    const text = JSON.stringify(isOld ? sorted : { auths: sorted }, undefined, indent);
    await this.#home.write(this.path, text, 0o600);
  }
}
