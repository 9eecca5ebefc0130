import { isTokenRow, type LiveStep, type V2Step } from './live-step.js';

/*
 * Folds steps into acts: what a person typed, such as `docker push jamtur01/static_web`. Nothing on the wire says where
 * an act begins, so it is told by the client, the repository, the order of steps (docs/clients.md, "Login", "Push",
 * "Pull"; of dockers of today v2.md §1) and the time between them.
 */

export type ActKind = 'hello' | 'login' | 'push' | 'pull' | 'search' | 'delete' | 'other';

/** Some steps that belong together, the first of them naming it. */
export interface Act {
  /** The number of its first step. */
  readonly first: number;
  readonly kind: ActKind;
  readonly repository: string | undefined;
  /** Tags that were set or asked for. */
  readonly tags: readonly string[];
  readonly user: string | undefined;
  readonly steps: readonly LiveStep[];
  /** Something in it was refused. */
  readonly refused: boolean;
}

/** Milliseconds of silence after which a step begins an act of its own. */
const LONGEST_PAUSE = 120_000;
/** Acts that a step may still belong to, and the steps that an act shows: as many as the largest push of the books. */
const MOST_OPEN = 50;
export const MOST_STEPS = 400;

/** An act that goes on. */
interface OpenAct extends Act {
  readonly client: string;
  ended: number;
  kind: ActKind;
  repository: string | undefined;
  user: string | undefined;
  refused: boolean;
  readonly tags: string[];
  readonly steps: LiveStep[];
}

/** Takes steps in the order in which they came, and says to which act each belongs. */
export class ActFolder {
  /** Those that steps may still belong to, the newest last. */
  #open: OpenAct[] = [];

  /** The act of a step, as it is with it. */
  take(step: LiveStep): Act {
    const act = this.#find(step) ?? this.#begin(step);
    act.steps.push(step);
    act.ended = Math.max(act.ended, step.ended);
    act.refused ||= step.refused;
    act.user ??= step.user;
    if (step.tag !== undefined && !act.tags.includes(step.tag)) act.tags.push(step.tag);
    return act;
  }

  #find(step: LiveStep): OpenAct | undefined {
    const kind = kindOf(step);
    const own = this.#open.filter(
      (act) =>
        act.client === step.client &&
        step.began - act.ended <= LONGEST_PAUSE &&
        act.steps.length < MOST_STEPS,
    );
    const going =
      partOf(own, step) ??
      own.findLast((act) => act.kind === kind && isOf(act, step) && !isOver(act, step));
    if (going !== undefined || kind === 'hello') return going;
    const asking = own.findLast((act) => isAsking(act) && act.repository === step.repository);
    if (asking !== undefined && kind !== 'pull' && step.v2 !== undefined) {
      asking.kind = kind;
      return asking;
    }
    const hello = own.findLast((act) => act.kind === 'hello' && isOf(act, step));
    if (hello === undefined) return undefined;
    hello.kind = kind;
    hello.repository = step.repository;
    return hello;
  }

  #begin(step: LiveStep): OpenAct {
    const act: OpenAct = {
      first: step.number,
      kind: kindOf(step),
      client: step.client,
      repository: step.repository,
      user: step.user,
      tags: [],
      steps: [],
      refused: false,
      ended: step.ended,
    };
    this.#open = [...this.#open.slice(1 - MOST_OPEN), act];
    return act;
  }
}

/** Acts in the order in which they began, of steps in theirs. */
export function foldActs(steps: Iterable<LiveStep>): Act[] {
  const folder = new ActFolder();
  const acts = new Set<Act>();
  for (const step of steps) acts.add(folder.take(step));
  return [...acts];
}

const KINDS: Readonly<Record<string, ActKind>> = {
  ping: 'hello',
  pingHead: 'hello',
  pingWithoutVersion: 'hello',
  pingWithoutVersionHead: 'hello',
  register: 'login',
  logIn: 'login',
  search: 'search',
  createRepository: 'push',
  putImageJson: 'push',
  putLayer: 'push',
  putChecksum: 'push',
  putTag: 'push',
  addImages: 'push',
  listImages: 'pull',
  listTags: 'pull',
  getTag: 'pull',
  getAncestry: 'pull',
  getLayer: 'pull',
  headLayer: 'pull',
  deleteRepository: 'delete',
  deleteImages: 'delete',
  deleteTags: 'delete',
  deleteTag: 'delete',
  getManifest: 'pull',
  putManifest: 'push',
  beginUpload: 'push',
  getUpload: 'push',
  addToUpload: 'push',
  endUpload: 'push',
  cancelUpload: 'push',
  deleteManifest: 'delete',
  deleteBlob: 'delete',
};

function kindOf(step: LiveStep): ActKind {
  const { row = '', who, hello, lane, v2 } = step;
  if (hello || row === 'probeV2' || /V2Path$/.test(row)) return 'hello';
  if (v2 !== undefined) return kindOfV2(step, v2);
  // What a docker of 1.6 to 1.12 asks of a v2 registry leads to the same in v1.
  if (V2_ROWS.has(row) || (lane === 'index' && isTokenRow(row))) return 'hello';
  if (row === 'getImageJson') {
    return who.by === 'token' && who.access === 'write' ? 'push' : 'pull';
  }
  return Object.hasOwn(KINDS, row) ? (KINDS[row] ?? 'other') : 'other';
}

/** The rows of v2 that a docker of v1 tries in vain. */
const V2_ROWS: ReadonlySet<string> = new Set([
  ...['getManifest', 'putManifest', 'deleteManifest', 'getBlob', 'deleteBlob', 'listTagsV2'],
  ...['beginUpload', 'getUpload', 'addToUpload', 'endUpload', 'cancelUpload', 'getCatalog'],
  ...['listReferrers', 'postV2', 'putV2', 'patchV2', 'deleteV2'],
]);

/** A token says what it is for; who asks whether a blob is here is about to push it (v2.md §1). */
function kindOfV2({ row = '', user, client }: LiveStep, { isQuestion, actions }: V2Step): ActKind {
  if (row === 'getBlob') return isQuestion ? 'push' : 'pull';
  // docker lists tags to pull them all; others to show them.
  if (row === 'listTagsV2') return client.endsWith(' docker') ? 'pull' : 'other';
  if (!isTokenRow(row)) return Object.hasOwn(KINDS, row) ? (KINDS[row] ?? 'other') : 'other';
  if (actions.includes('push')) return 'push';
  if (actions.includes('delete') || actions.includes('*')) return 'delete';
  if (actions.length > 0) return 'pull';
  return user === undefined ? 'hello' : 'login';
}

/** Whether a step is about the same repository, or about none. */
function isOf({ kind, repository }: Act, step: LiveStep): boolean {
  if (repository === undefined) return kind === 'hello' || step.repository === undefined;
  return step.repository === undefined || step.repository === repository;
}

/** Whether an act has had its end, or the step is one with which another begins. */
function isOver({ kind, steps }: Act, step: LiveStep): boolean {
  const { row, status } = step;
  const had = (wanted: string): boolean => steps.some((step) => step.row === wanted);
  if (kind === 'login') {
    return had('logIn') || steps.some(isToken) || (row === 'register' && had('register'));
  }
  if (kind === 'push') {
    return had('addImages') || (row === 'createRepository' && had(row)) || isPushed(steps, step);
  }
  if (kind === 'pull') return (row === 'listImages' && had(row)) || isAgain(steps, step);
  if (kind === 'search') return true;
  if (kind === 'delete') return row === 'deleteRepository' && status === 202 && had(row);
  // A docker that says hello again begins something else.
  return kind === 'hello' && steps.some((step) => step.row === 'ping') && row === 'probeV2';
}

function isDeletion({ row }: LiveStep): boolean {
  return row === 'deleteManifest' || row === 'deleteBlob';
}

function isToken({ row }: LiveStep): boolean {
  return isTokenRow(row);
}

/**
 * An act of v2 that a step belongs to although its kind alone would not say so: a login ends with the question whether
 * its token is good, and in a push or before a deletion a client looks at manifests.
 */
function partOf(own: readonly OpenAct[], step: LiveStep): OpenAct | undefined {
  const { row, repository } = step;
  if (row === 'probeV2') {
    return own.findLast(({ kind, steps }) => kind === 'login' && steps.slice(-1).some(isToken));
  }
  if (row !== 'getManifest') return undefined;
  return own.findLast(
    (act) =>
      act.repository === repository &&
      (act.kind === 'push'
        ? !isOver(act, step)
        : act.kind === 'delete' && !act.steps.some(isDeletion)),
  );
}

/** Whether a pull has only asked so far, as a push or a deletion does first. */
function isAsking({ kind, steps }: Act): boolean {
  return (
    kind === 'pull' &&
    steps.every(
      ({ row, hello }) => hello || row === 'probeV2' || isTokenRow(row) || row === 'getManifest',
    )
  );
}

/** A push of v2 ends with the manifest of its tag; others may follow at once for the same image. */
function isPushed(steps: readonly LiveStep[], { row }: LiveStep): boolean {
  return (
    row !== 'putManifest' &&
    steps.some((each) => each.row === 'putManifest' && each.tag !== undefined)
  );
}

/** Whether a tag is asked for again in the same way; `docker pull --all-tags` lists them before. */
function isAgain(steps: readonly LiveStep[], { row, tag, v2 }: LiveStep): boolean {
  if (row !== 'getManifest' || tag === undefined) return false;
  if (steps.some((each) => each.row === 'listTagsV2')) return false;
  return steps.some(
    (each) =>
      each.row === row &&
      each.tag !== undefined &&
      each.status !== 401 &&
      each.v2?.isQuestion === v2?.isQuestion,
  );
}
