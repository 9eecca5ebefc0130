import type { RecordedBody } from '../../src/journal/journal-record.js';
import { tellIn, tellUnreadable } from '../../src/journal/sentences.js';
import type { Step } from '../../src/journal/step.js';
import { isPushLookup } from '../../src/journal/step-facts.js';
import { visible } from '../../src/journal/visible-text.js';
import type { Act } from '../../src/sandbox/acts.js';
import { curlOf, isWithLoginOf } from '../../src/sandbox/curl.js';
import type { Play } from '../../src/sandbox/play.js';
import { printedOf } from '../../src/sandbox/printed.js';
import { RULES, ruleOf } from '../../src/sandbox/rules.js';
import type { LiveFilter, Placed, SeenStep } from '../../src/sandbox/sandbox.js';
import { talkOf } from '../../src/sandbox/talk.js';
import type { Look } from '../../src/web/look.js';
import { ACT_NAMES, type ActBlock, type ActHead, type StepLine } from '../../src/web/views/live.js';
import type { PlayView } from '../../src/web/views/live-play.js';
import type { BodyView, MessageView, StepView } from '../../src/web/views/live-step.js';

/* What the views of the live page are given of steps, acts and plays. */

/** A step in words and as an arrow. */
export function lineOf(seen: SeenStep, { language }: Look): StepLine {
  const { shown, live } = seen;
  const { record, step } = shown;
  const common = { number: live.number, lane: live.lane, refused: live.refused, layer: undefined };
  const talk = talkOf(shown, live);
  if (step === undefined) {
    const kind = record.unreadable ?? 'not http';
    const deed = tellUnreadable(kind, seen.sight === 'whole' ? record.address : '…', language);
    return { ...common, subject: '', deed, outcome: '', talk };
  }
  const { subject, deed, outcome } = tellIn(language, step);
  return {
    ...common,
    subject: visible(subject),
    deed: visible(deed),
    outcome: visible(outcome),
    layer: layerOf(step),
    talk: talk && { question: talk.question, yes: talk.yes },
  };
}

/** The layer that a push has brought, or found here. */
function layerOf(step: Step): StepLine['layer'] {
  const { status, operation, params } = step;
  if (step.voice === 'v2') return blobOf(step);
  const isNew = operation?.row === 'putLayer';
  const isThere = operation?.row === 'getImageJson' && isPushLookup(step);
  const id = params.id ?? '';
  return status === 200 && (isNew || isThere) && IMAGE_ID.test(id) ? { id, isNew } : undefined;
}

/** The same of v2, where nothing says yet which of the blobs are layers. */
function blobOf(step: Step): StepLine['layer'] {
  const { status, operation, params, query, method } = step;
  const { mount, digest } = Object.fromEntries(new URLSearchParams(query));
  const [, id = ''] = /^sha256:([0-9a-f]{64})$/.exec(mount ?? digest ?? params.digest ?? '') ?? [];
  const isPut = operation?.row === 'endUpload' || operation?.row === 'beginUpload';
  const isNew = isPut && status === 201 && mount === undefined;
  const isThere =
    (operation?.row === 'getBlob' && method === 'HEAD' && status === 200) ||
    (isPut && status === 201 && mount !== undefined);
  return id !== '' && (isNew || isThere) ? { id, isNew } : undefined;
}

const IMAGE_ID = /^[0-9a-f]{64}$/;

/** What stands above an act. */
export function headOf(act: Act): ActHead {
  const { first, kind, repository, tags, user, steps, refused } = act;
  const [tag, ...others] = tags;
  const suffix = tag === undefined ? '' : `:${tag}${others.length > 0 ? ' …' : ''}`;
  return {
    first,
    name: kind,
    about: repository === undefined ? '' : visible(repository + suffix),
    user: user === undefined ? undefined : visible(user),
    count: steps.length,
    refused,
    began: new Date(steps[0]?.began ?? 0).toISOString(),
  };
}

/** Acts, the newest first, with those of their steps that are wanted. */
export function blocksOf(placed: readonly Placed[], look: Look): ActBlock[] {
  const blocks = new Map<Act, StepLine[]>();
  for (const { seen, act } of placed) {
    const steps = blocks.get(act) ?? [];
    blocks.set(act, steps);
    steps.push(lineOf(seen, look));
  }
  return [...blocks].map(([act, steps]) => ({ head: headOf(act), steps })).reverse();
}

/** A filter as a query has it. */
export function filterOf(query: URLSearchParams): LiveFilter {
  const user = (query.get('user') ?? '').trim().toLowerCase().slice(0, 64);
  const act = query.get('act') ?? '';
  return {
    user: user === '' ? undefined : user,
    kind: ACT_NAMES.find((name) => name === act),
    refusedOnly: query.get('refused') === '1',
  };
}

export function playViewOf(play: Play | undefined): PlayView | undefined {
  if (play === undefined) return undefined;
  const { id, version, state, gaveWay, text, next } = play;
  return { id, version, state, gaveWay, text: text.trimEnd(), next };
}

/** Headers that say where somebody sits. */
const PLACES = /^(?:x-forwarded-.*|forwarded|via|x-real-ip|cookie|referer|origin)$/;

/** What a step's page needs besides the step. */
interface StepSurroundings {
  readonly beside: Pick<StepView, 'before' | 'after'>;
  /** Whether anybody may read a repository, `ns/repo`. */
  readonly isPublic: (repository: string) => boolean;
  /** The account of the dockers that the hub plays. */
  readonly played: string | undefined;
}

/** All of one step; of what others did, not where they sit. */
export function stepViewOf(
  seen: SeenStep,
  look: Look,
  { beside, isPublic, played }: StepSurroundings,
): StepView {
  const { shown, live, sight } = seen;
  const { record } = shown;
  const line = lineOf(seen, look);
  const { language, origin } = look;
  const told = shown.step === undefined ? line.deed : tellIn(language, shown.step).sentence;
  const printed = printedOf(shown);
  const rule = ruleOf(live.row);
  const query = record.query === '' ? '' : `?${record.query}`;
  const isPlayed = played !== undefined && isWithLoginOf(shown, played);
  const instead = isPlayed && look.viewer && { of: played, reader: look.viewer.username };
  const isForNobody = isPlayed && look.viewer === undefined;
  const curl = isForNobody
    ? undefined
    : curlOf(shown, { origin, isPublic, instead: instead || undefined });
  return {
    line,
    sentence: visible(told),
    address: sight === 'whole' ? record.address : undefined,
    duration: record.duration,
    request: {
      line: visible(`${record.method} ${record.path}${query}`),
      headers: headersOf(record.headers, sight === 'whole'),
      body: bodyOf(record.body),
    },
    answer: record.status === 0 ? undefined : answerOf(seen),
    printed: printed === '' ? undefined : printed && visibleLines(printed),
    printedBy: live.v2 === undefined ? 'old' : 'today',
    rule: rule && { name: rule, source: RULES[rule][0], section: RULES[rule][1] },
    curl: curl?.split('\n').map(visible).join('\n'),
    curlNote: isForNobody ? 'log in' : isPlayed ? 'yours' : undefined,
    ...beside,
  };
}

function answerOf({ shown: { record } }: SeenStep): MessageView {
  return {
    line: `${record.status}`,
    headers: headersOf(record.responseHeaders, true),
    body: bodyOf(record.responseBody),
  };
}

function headersOf(
  headers: Readonly<Record<string, string | readonly string[]>>,
  whole: boolean,
): (readonly [string, string])[] {
  return Object.entries(headers)
    .filter(([name]) => whole || !PLACES.test(name))
    .flatMap(([name, value]) => [value].flat().map((each) => [name, visible(each)] as const));
}

function bodyOf({ size, text, cut = false }: RecordedBody): BodyView {
  return { size, text: text === undefined ? undefined : visibleLines(text), cut };
}

/** Lines stay lines. */
function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n');
}
