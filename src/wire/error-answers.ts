import { errors, type HubError } from '../domain/errors.js';
import {
  CATALOGUE,
  type Challenge,
  type ErrorEntry,
  type ErrorName,
  type V2Code,
  WITH_STATUS,
} from '../errors/catalogue.js';
import { answerIndex, answerPlain, answerRegistry, answerV2 } from './answers.js';
import { bearerChallenge } from './bearer-challenge.js';
import type { HubContext } from './context.js';
import type { Voice } from './operation.js';

/*
 * The one place that writes errors: in the voice of the path, or for requests that are refused before they have one.
 */

/** What an error says, before it is said in a voice. */
export interface ErrorAnswer {
  /** Its name in the catalogue; none for a status that a fault made up. */
  readonly id?: ErrorName | undefined;
  readonly status: number;
  readonly challenge?: Challenge | undefined;
  readonly text: string;
  readonly registry: string;
  readonly retryAfter?: number | undefined;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly form?: ErrorEntry['form'];
}

/** What an error says, before it is said in a voice. */
export function answerOf({
  id,
  message,
  registryMessage,
  retryAfter,
  details,
}: HubError): ErrorAnswer {
  const { status, challenge, form }: ErrorEntry = CATALOGUE[id];
  const said = { text: message, registry: registryMessage, retryAfter, details };
  return { id, status, challenge, form, ...said };
}

/** Answers with an error. */
export function writeError(ctx: HubContext, error: HubError): void {
  write(ctx, answerOf(error));
}

/** What a fault answers: a status in the Hub's own words for it, where they are known, or in others. */
export interface StatusToWrite {
  readonly status: number;
  readonly message?: string | undefined;
  /** Seconds. */
  readonly retryAfter?: number | undefined;
}

/** Answers with any status from 400 on. */
export function writeStatus(ctx: HubContext, wanted: StatusToWrite): void {
  write(ctx, answerWithStatus(wanted));
}

/** The headers of `writeStatus` alone, for a body that the caller has. */
export function writeStatusHeaders(ctx: HubContext, wanted: StatusToWrite): void {
  writeHeaders(ctx, answerWithStatus(wanted));
}

function answerWithStatus({ status, message, retryAfter }: StatusToWrite): ErrorAnswer {
  const id = WITH_STATUS[status];
  const said = `Status ${status}`;
  const known = id === undefined ? { status, text: said, registry: said } : answerOf(errors[id]());
  const words = message === undefined ? {} : { text: message, registry: message };
  return { ...known, ...words, retryAfter };
}

function write(ctx: HubContext, answer: ErrorAnswer): void {
  const { status, text, registry, details, form } = answer;
  const { showError } = ctx.state;
  const voice = voiceOf(ctx);
  writeHeaders(ctx, answer);
  if (showError !== undefined) {
    showError(ctx, answer);
    return;
  }
  if (form === 'nothing') writeText(ctx, status, '');
  else if (form === 'plain text') {
    ctx.set('Content-Type', 'text/plain; charset=utf-8');
    writeText(ctx, status, text);
  } else if (voice === 'v2')
    answerV2(ctx, status, { errors: [{ ...v2Entry(answer), ...details }] });
  else if (voice === 'registry') answerRegistry(ctx, status, { error: registry, ...details });
  else if (voice === 'control') answerPlain(ctx, status, { error: text, ...details });
  else answerIndex(ctx, status, text);
}

function writeText(ctx: HubContext, status: number, text: string): void {
  ctx.status = status;
  ctx.body = text;
}

function writeHeaders(ctx: HubContext, { id, challenge, retryAfter }: ErrorAnswer): void {
  const asked = challenge === undefined ? undefined : challengeFor(ctx, challenge, id);
  if (asked !== undefined) ctx.set('WWW-Authenticate', asked);
  if (retryAfter !== undefined) ctx.set('Retry-After', String(retryAfter));
}

/** Codes that follow from a status (v2.md §3). */
const CODES: Readonly<Record<number, V2Code>> = {
  401: 'UNAUTHORIZED',
  403: 'DENIED',
  404: 'NAME_UNKNOWN',
  405: 'UNSUPPORTED',
  413: 'UNSUPPORTED',
  429: 'TOOMANYREQUESTS',
  503: 'UNAVAILABLE',
};

/** docker takes the fields of an entry by their names, and shows code and message. */
function v2Entry({ id, status, text }: ErrorAnswer): { code: V2Code; message: string } {
  const entry: ErrorEntry | undefined = id === undefined ? undefined : CATALOGUE[id];
  return { code: entry?.code ?? CODES[status] ?? 'UNKNOWN', message: text };
}

function challengeFor(
  ctx: HubContext,
  challenge: Challenge,
  id: ErrorName | undefined,
): string | undefined {
  const voice = voiceOf(ctx);
  // A browser would ask for a password by itself, instead of showing the page.
  if (voice === 'web') return undefined;
  if (voice !== 'v2') return challenge[spokenTo(ctx)];
  if (id === 'badToken') return bearerChallenge(ctx, 'invalid_token');
  return bearerChallenge(ctx, id === 'scopeMissing' ? 'insufficient_scope' : undefined);
}

/** Where there is no v2, podman is asked for a password in the words of the index. */
function voiceOf({ state: { voice, asksAsV2 } }: HubContext): Voice {
  return asksAsV2 === true ? 'index' : voice;
}

function spokenTo({ state: { voice, asksAsV2 } }: HubContext): keyof Challenge {
  if (asksAsV2 === true) return 'v2';
  return voice === 'control' ? 'control' : 'v1';
}

/** For bytes that are refused before they are a request, and so have no voice: as the index says it. */
export interface BareError {
  readonly status: number;
  /** The reason phrase. */
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Names of errors that are about nothing in particular. */
export type BareErrorName = {
  [N in ErrorName]: (typeof CATALOGUE)[N] extends { readonly text: string } ? N : never;
}[ErrorName];

/** An error for a connection that ends with it. */
export function bareError(id: BareErrorName): BareError {
  const { status, text } = CATALOGUE[id];
  const body = JSON.stringify(text);
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    Connection: 'close',
  };
  return { status, reason: text, headers, body };
}
