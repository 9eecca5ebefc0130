import type { UnreadableKind } from '../wire/unreadable.js';
import { isDockerOfV1 } from '../wire/user-agent.js';
import { CHINESE } from './chinese.js';
import { ENGLISH } from './english.js';
import { partsOf, type Step, saidIn } from './step.js';
import type { Telling } from './telling.js';
import type { Wording } from './wording.js';

/** The languages of the sentences, by the names that `lang` has for them. */
export type Language = 'en' | 'zh';

const WORDINGS: Readonly<Record<Language, Wording>> = { en: ENGLISH, zh: CHINESE };

/** A step in words. */
export interface Told {
  /** Who takes it: `docker`, `curl`. */
  readonly subject: string;
  /** What is done, and with whose rights. */
  readonly deed: string;
  /** How it ended. */
  readonly outcome: string;
  /** All of it, as a teacher would say it. */
  readonly sentence: string;
}

/** One plain sentence that tells what a step is in the protocol, as a teacher would. */
export function tell(step: Step): string {
  return tellIn('en', step).sentence;
}

/**
 * Whether a step went wrong: it was refused or failed, and not only answered "no" to a question, as a push's
 * "not here yet, so it will be sent".
 */
export function isRefused(step: Step): boolean {
  const { status, operation } = step;
  if (status > 0 && status < 400) return false;
  return tellingOf(ENGLISH, operation?.row)?.ends?.[status]?.(step) === undefined;
}

/** The same in a language, and in parts. */
export function tellIn(language: Language, step: Step): Told {
  const wording = WORDINGS[language];
  const telling = tellingOf(wording, step.operation?.row);
  const what = telling === undefined ? wording.other(step) : telling.deed(step, partsOf(step));
  const subject = subjectOf(wording, step);
  const deed = what + wording.means(step.who);
  const outcome = outcomeOf(wording, step, telling) + afterthought(wording, step);
  return { subject, deed, outcome, sentence: wording.sentence(subject, deed, outcome) };
}

/** Something that was not a request, in a sentence. */
export function tellUnreadable(
  kind: UnreadableKind,
  address: string,
  language: Language = 'en',
): string {
  const wording = WORDINGS[language];
  return wording.somebodyAt(address, wording.unreadable[kind]);
}

function tellingOf({ tellings }: Wording, row = ''): Telling | undefined {
  return Object.hasOwn(tellings, row) ? tellings[row as keyof typeof tellings] : undefined;
}

/** The rows of what a docker before 1.7 asks by Go's own client, whose name is all that it says. */
const DOCKERS_OWN: ReadonlySet<string> = new Set([
  'ping',
  'pingHead',
  'pingWithoutVersion',
  'pingWithoutVersionHead',
  'logIn',
  'register',
  'updateUser',
  'probeV2',
  ...Object.keys(ENGLISH.tellings).filter((row) => /^(?:get|post|put|patch|delete)V2/.test(row)),
]);

function subjectOf({ somebody, aGoProgram }: Wording, { userAgent, operation }: Step): string {
  if (userAgent.startsWith('docker/')) return dockerIn(userAgent);
  // Its probes and logins carry the name of Go's own client before 1.7 (clients.md, Login).
  if (/^Go[ -]/.test(userAgent)) {
    return DOCKERS_OWN.has(operation?.row ?? '') ? 'docker' : aGoProgram;
  }
  if (userAgent.startsWith('containers/')) return 'podman';
  const [product = ''] = userAgent.split(/[/ ]/);
  return /^[\w.-]{1,30}$/.test(product) ? product : somebody;
}

/** `docker`, and of one that speaks v2 also of which year: `docker 28`. */
function dockerIn(userAgent: string): string {
  if (isDockerOfV1(userAgent)) return 'docker';
  const [, version] = /^docker\/(1\.1[3-9]|[1-9]\d)\b/.exec(userAgent) ?? [];
  return version === undefined ? 'docker' : `docker ${version}`;
}

/** How it ended: in words of the operation's own, in the answer's, or as the status means. */
function outcomeOf(wording: Wording, step: Step, telling: Telling | undefined): string {
  const { status, reply } = step;
  const own = telling?.ends?.[status]?.(step);
  if (own !== undefined) return own;
  const said = status >= 400 ? saidIn(reply) : '';
  if (said !== '') return wording.said(status, said);
  const known: Readonly<Record<number, string>> = wording.outcomes;
  return known[status] ?? wording.answered(status);
}

/** What would else be taken for the protocol's own doing. */
function afterthought(wording: Wording, { status, complete, fault }: Step): string {
  const gone = status !== 0 && !complete ? wording.cutShort : '';
  return fault === undefined ? gone : gone + wording.faulty(fault);
}
