import type { LiveStep } from './live-step.js';

/*
 * Folds steps into acts: what a person typed, such as `docker push jamtur01/static_web`. Nothing on the wire says where
 * an act begins, so it is told by the client, the repository, the order of steps (docs/clients.md, "Login", "Push",
 * "Pull") and the time between them.
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
    const going = own.findLast((act) => act.kind === kind && isOf(act, step) && !isOver(act, step));
    if (going !== undefined || kind === 'hello') return going;
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
};

function kindOf({ row = '', who, hello }: LiveStep): ActKind {
  // What a docker of 1.6 and later asks of a v2 registry leads to the same in v1.
  if (hello || /V2(?:Path)?$/.test(row)) return 'hello';
  if (row === 'getImageJson') {
    return who.by === 'token' && who.access === 'write' ? 'push' : 'pull';
  }
  return Object.hasOwn(KINDS, row) ? (KINDS[row] ?? 'other') : 'other';
}

/** Whether a step is about the same repository, as far as it is about any. */
function isOf({ kind, repository }: Act, step: LiveStep): boolean {
  if (repository === undefined) return kind === 'hello' || step.repository === undefined;
  return step.repository === undefined || step.repository === repository;
}

/** Whether an act has had its end, or the step is one with which another begins. */
function isOver({ kind, steps }: Act, { row, status }: LiveStep): boolean {
  const had = (wanted: string): boolean => steps.some((step) => step.row === wanted);
  if (kind === 'login') return had('logIn') || (row === 'register' && had('register'));
  if (kind === 'push') return had('addImages') || (row === 'createRepository' && had(row));
  if (kind === 'pull') return row === 'listImages' && had(row);
  if (kind === 'search') return true;
  if (kind === 'delete') return row === 'deleteRepository' && status === 202 && had(row);
  // A docker that says hello again begins something else.
  return kind === 'hello' && steps.some((step) => step.row === 'ping') && row === 'probeV2';
}
