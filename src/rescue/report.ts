/*
 * What came of a rescue, for people and as JSON (`--json`). In a dry run, what "was taken" is what would be.
 */

/** Where a tag of the old registry went. */
export interface TagReport {
  readonly tag: string;
  /** What it names; absent where that can't be told. */
  readonly image?: string;
  /** `here`: it was there before, with the same image. */
  readonly state: 'taken' | 'here' | 'skipped';
  /** Why it was skipped. */
  readonly reason?: string;
}

/** An image that its repository lists, and that no tag names. */
export interface UntaggedReport {
  readonly image: string;
  readonly state: 'taken' | 'here' | 'skipped';
  readonly reason?: string;
}

export interface RepositoryReport {
  /** What it is called in the old registry. */
  readonly from: string;
  /** What it is called here; absent where it can't come. */
  readonly to?: string;
  readonly private: boolean;
  /** Why nothing of it came. */
  readonly skipped?: string;
  /** What of it could not be read, besides tags and images. */
  readonly problems: readonly string[];
  /** What a person should know about it. */
  readonly notes: readonly string[];
  readonly tags: readonly TagReport[];
  readonly untagged: readonly UntaggedReport[];
}

export interface RescueReport {
  readonly kind: string;
  readonly source: string;
  readonly dryRun: boolean;
  /** What of the registry could not be looked through: more repositories may be there. */
  readonly problems: readonly string[];
  /** What a person should know of it all. */
  readonly notes: readonly string[];
  readonly repositories: readonly RepositoryReport[];
  readonly pushed?: PushReport;
  readonly images: {
    readonly taken: number;
    /** Those that were here before. */
    readonly here: number;
    /** Bytes of the layers that came. */
    readonly bytes: number;
    readonly broken: readonly { readonly image: string; readonly reason: string }[];
    /** Ids of images that no repository names: what deleted ones left. */
    readonly unnamed: readonly string[];
  };
}

/** What came of pushing it all on (`--to`). */
export interface PushReport {
  /** The registry, without a password. */
  readonly target: string;
  /** `here`: it is there, with the same digest. */
  readonly repositories: readonly { readonly name: string; readonly tags: readonly TagReport[] }[];
}

/** Whether something was left out that the registry has. */
export function isPartial({ problems, repositories, pushed }: RescueReport): boolean {
  if (problems.length > 0) return true;
  const sent = pushed?.repositories.flatMap(({ tags }) => tags) ?? [];
  if (sent.some(({ state }) => state === 'skipped')) return true;
  return repositories.some(
    ({ skipped, tags, untagged, problems: own }) =>
      skipped !== undefined ||
      own.length > 0 ||
      [...tags, ...untagged].some(({ state }) => state === 'skipped'),
  );
}
