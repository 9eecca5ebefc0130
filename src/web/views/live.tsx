import type { JSX } from 'preact';
import { Layout } from '../layout.js';
import type { Look, Note } from '../look.js';
import { Command, When } from '../parts.js';
import { Arrow, Heads, type Line } from './arrows.js';
import { type Switch, Switches } from './live-faults.js';
import { PlayPane, type PlayProps } from './live-play.js';

/** What an act is called. */
export type ActName = 'hello' | 'login' | 'push' | 'pull' | 'search' | 'delete' | 'other';

export const ACT_NAMES: readonly ActName[] = ['login', 'push', 'pull', 'search', 'delete', 'other'];

/** One request. */
export interface StepLine {
  readonly number: number;
  readonly lane: Line;
  readonly subject: string;
  readonly deed: string;
  readonly outcome: string;
  readonly refused: boolean;
  /** The layer that it brought to the registry, or found there. */
  readonly layer: { readonly id: string; readonly isNew: boolean } | undefined;
  /** What the two servers of 2014 said to each other about it. */
  readonly talk: { readonly question: 'token' | 'deletion'; readonly yes: boolean } | undefined;
}

/** What stands above the steps of an act. */
export interface ActHead {
  readonly first: number;
  readonly name: ActName;
  /** `ns/repo:tag`; empty where it is about none. */
  readonly about: string;
  readonly user: string | undefined;
  readonly count: number;
  readonly refused: boolean;
  /** ISO 8601. */
  readonly began: string;
}

export interface ActBlock {
  readonly head: ActHead;
  readonly steps: readonly StepLine[];
}

export interface LiveFilterView {
  readonly user: string;
  readonly act: string;
  readonly refusedOnly: boolean;
}

interface LivePageProps {
  readonly look: Look;
  readonly note?: Note | undefined;
  /** The newest first. */
  readonly acts: readonly ActBlock[];
  readonly filter: LiveFilterView;
  /** Where a script goes on from. */
  readonly events: string;
  readonly play: PlayProps;
  /** Only admins have them. */
  readonly switches: readonly Switch[] | undefined;
}

/** Acts that are unfolded: the newest. */
const MOST_OPEN = 3;

/** The latest acts; a script adds to them what comes. */
export function LivePage(props: LivePageProps): JSX.Element {
  const { look, note, acts, filter, events, play, switches } = props;
  const { live } = look.words;
  const { viewer } = look;
  const seen = viewer === undefined ? live.guest : viewer.admin ? live.all : live.own;
  return (
    <Layout look={look} title={live.title} note={note}>
      <h1>{live.title}</h1>
      <p class="lead">{live.lead}</p>
      <PlayPane look={look} {...play} />
      {switches !== undefined && <Switches look={look} switches={switches} />}
      <Filter look={look} filter={filter} />
      <p class="controls">
        <span>{seen}</span>
        <a href={look.address}>{live.reload}</a>
        <button
          type="button"
          class="small"
          data-pause={live.pause}
          data-resume={live.goOn}
          aria-pressed="false"
          hidden
        >
          {live.pause}
        </button>
        <span
          role="status"
          data-state
          data-waiting={`● ${live.waiting}`}
          data-paused={`‖ ${live.paused}`}
        />
      </p>
      <div class="live" data-live={events}>
        <div class="lanes">
          <Heads names={live.lanes} />
        </div>
        {acts.length === 0 && (
          <div class="empty">
            <p>{live.empty}</p>
            <Command look={look} lines={commandsFor(look)} />
          </div>
        )}
        {acts.map(({ head, steps }, at) => (
          <ActView key={head.first} look={look} head={head} steps={steps} isOpen={at < MOST_OPEN} />
        ))}
      </div>
      <p class="keys">{live.keys}</p>
    </Layout>
  );
}

function commandsFor({ host, origin }: Look): string {
  const registry = host.replace(/\/$/, '');
  return `docker login ${registry}\ndocker pull ${host}jamtur01/static_web\ncurl -i ${origin}/v1/_ping`;
}

function Filter({
  look,
  filter,
}: {
  readonly look: Look;
  readonly filter: LiveFilterView;
}): JSX.Element {
  const { live } = look.words;
  return (
    <form class="filter controls" action="/sandbox/live/" method="get">
      <label>
        {live.filter.user} <input name="user" value={filter.user} autocapitalize="none" size={14} />
      </label>
      <label>
        {live.filter.act}{' '}
        <select name="act">
          <option value="">{live.filter.anything}</option>
          {ACT_NAMES.map((name) => (
            <option key={name} value={name} selected={filter.act === name}>
              {live.acts[name]}
            </option>
          ))}
        </select>
      </label>
      <label>
        <input type="checkbox" name="refused" value="1" checked={filter.refusedOnly} />{' '}
        {live.filter.refusedOnly}
      </label>
      <button type="submit" class="small">
        {live.filter.apply}
      </button>
    </form>
  );
}

/** One act with its steps, which fold. */
export function ActView({
  look,
  head,
  steps,
  isOpen = true,
}: ActBlock & { readonly look: Look; readonly isOpen?: boolean }): JSX.Element {
  return (
    <details class="act" id={`act-${head.first}`} open={isOpen}>
      <summary>
        <ActTitle look={look} head={head} />
      </summary>
      <ol class="steps" data-walk>
        {steps.map((step) => (
          <StepRow key={step.number} look={look} step={step} />
        ))}
      </ol>
    </details>
  );
}

export function ActTitle({
  look,
  head,
}: {
  readonly look: Look;
  readonly head: ActHead;
}): JSX.Element {
  const { live } = look.words;
  return (
    <h2>
      {live.acts[head.name]} {head.about !== '' && <bdi>{head.about}</bdi>}{' '}
      <small>
        {live.steps(head.count)}
        {head.user !== undefined && (
          <>
            {' · '}
            <bdi>{live.by(head.user)}</bdi>
          </>
        )}
        {' · '}
        <When look={look} at={head.began} />
        {head.refused && ' '}
        {head.refused && <span class="badge refused">{live.refused}</span>}
      </small>
    </h2>
  );
}

/** One request as an arrow, and in words. */
export function StepRow({
  look,
  step,
}: {
  readonly look: Look;
  readonly step: StepLine;
}): JSX.Element {
  const { live } = look.words;
  const { number, lane, subject, deed, outcome, refused, layer, talk } = step;
  return (
    <li class={refused ? 'step refused' : 'step'} id={`step-${number}`}>
      <a href={`/sandbox/live/${number}`}>
        <span class="number">{number}</span>
        <Arrow from="docker" to={lane} layer={layer} />
        <span class="words" dir="auto">
          <span class="unseen">{`${live.to(live.lanes[lane])}${look.words.site.colon}`}</span>
          {subject} {deed} <span class="outcome">{outcome}</span>
        </span>
      </a>
      {talk !== undefined && (
        <div class="talk">
          <span class="number" />
          <Arrow from="registry" to="index" dashed />
          <small class="words">
            {live.talk[talk.question]} {talk.yes ? live.talk.yes : live.talk.no}
          </small>
        </div>
      )}
    </li>
  );
}
