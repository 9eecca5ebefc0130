import type { ImageContent } from './image-content.js';

/*
 * What a hub can begin with. Nothing here needs another package, so that the types of startHub are whole
 * by themselves.
 */

/** An account to make. */
export interface NewUser {
  readonly username: string;
  readonly password: string;
  /** `(username)@example.com` when it is left out. */
  readonly email?: string | undefined;
  readonly admin?: boolean | undefined;
  readonly active?: boolean | undefined;
}

/** An account as a test sees it. */
export interface User {
  readonly username: string;
  readonly emails: readonly string[];
  readonly active: boolean;
  readonly admin: boolean;
  readonly created: string;
}

/** A repository to make. */
export interface NewRepository {
  /** `ns/repo`, or `repo` for an official one. */
  readonly name: string;
  readonly description?: string | undefined;
  readonly private?: boolean | undefined;
  readonly stars?: number | undefined;
  readonly trusted?: boolean | undefined;
}

/** A repository as a test sees it. */
export interface Repository {
  /** `ns/repo`; official ones as `library/repo`. */
  readonly name: string;
  readonly description: string;
  readonly private: boolean;
  readonly stars: number;
  readonly trusted: boolean;
  /** Image ids by tag; tags that API v1 can't carry are not among them. */
  readonly tags: Readonly<Record<string, string>>;
  /**
   * Ids of the complete images it holds. What came over v2 is made into images when somebody first asks for it over v1,
   * and is not among them before.
   */
  readonly images: readonly string[];
}

/** A repository of a seed. */
export interface SeedRepository extends NewRepository {
  /** Images by tag: made from files, perhaps on another one of the seed or of the hub. */
  readonly tags?: Readonly<Record<string, ImageContent>> | undefined;
  /** A tar of `docker save`, beside the seed file; its images and tags become the repository's. */
  readonly archive?: string | undefined;
}

/** What a hub begins with. */
export interface Seed {
  readonly users?: readonly NewUser[] | undefined;
  /** Each of somebody who is in the seed or in the hub, or an official one. */
  readonly repositories?: readonly SeedRepository[] | undefined;
}

export interface SeedOptions {
  /** True: what is there afterwards is what a reset goes back to. */
  readonly baseline?: boolean;
}
