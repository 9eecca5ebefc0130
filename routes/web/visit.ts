import { createHash } from 'node:crypto';
import type { VNode } from 'preact';
import type { Caller } from '../../src/domain/access/access.js';
import type { UserDocument } from '../../src/domain/documents.js';
import { errors, HubError } from '../../src/domain/errors.js';
import { LANGUAGES, type Language, wordsOf } from '../../src/web/catalogues/index.js';
import { type Look, type Note, THEMES, type Theme } from '../../src/web/look.js';
import { pageOf } from '../../src/web/page.js';
import { errorText } from '../../src/web/views/error.js';
import { plainAddress } from '../../src/wire/client-address.js';
import type { HubContext } from '../../src/wire/context.js';
import { answerOf } from '../../src/wire/error-answers.js';
import { rightsOf } from '../../src/wire/rights.js';
import type { WebContext } from './web.js';

/** The cookie of a session. */
const SESSION = 'hub_session';
/** Those of choices. */
const LANGUAGE = 'hub_language';
const THEME = 'hub_theme';

/** The board of a class. */
const CLASS = '/sandbox/class/';

/** Milliseconds that a choice is kept. */
const YEAR = 365 * 24 * 3600 * 1000;

/** Nothing of another host, no script and no style in the page, no frame around it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Who looks at a page, and how it looks to them. */
export interface Visit {
  readonly caller: Caller;
  /** Undefined: a guest. */
  readonly account: UserDocument | undefined;
  readonly look: Look;
}

/** Somebody who is logged in. */
export interface OwnVisit extends Visit {
  readonly account: UserDocument;
}

/** Finds out who asks, by the cookie alone, and in which language and colours they are answered. */
export async function visitOf(ctx: WebContext): Promise<Visit> {
  const { assets } = await ctx.state.web.tools();
  return visitWith(ctx, assets.folder);
}

/** The same, where the folder of the style sheet is known. */
export function visitWith(ctx: WebContext, assets: string): Visit {
  const account = ctx.state.domain.sessions.accountOf(
    ctx.cookies.get(SESSION, { signed: true }) ?? '',
  );
  const caller: Caller =
    account === undefined ? { kind: 'anonymous' } : { kind: 'account', account };
  ctx.state.caller = caller;
  const language = languageOf(ctx);
  const { host, origin } = addressOf(ctx);
  const look: Look = {
    words: wordsOf(language),
    language,
    theme: themeOf(ctx),
    viewer: account && { username: account.username, admin: account.admin },
    address: ctx.method === 'POST' ? ctx.path : ctx.url,
    host,
    origin,
    now: ctx.state.web.now(),
    assets,
    query: ctx.path.startsWith('/search') ? queryOf(ctx, 'q') : '',
    asksNobody: rightsOf(ctx as unknown as HubContext).anonymous === 'push',
    live: ctx.state.web.sandbox === undefined ? undefined : '/sandbox/live/',
    board: account?.admin === true && ctx.state.web.classroom !== undefined ? CLASS : undefined,
  };
  return { caller, account, look };
}

/** The same for pages of those who are logged in. Throws `loginRequired`. */
export async function ownVisitOf(ctx: WebContext): Promise<OwnVisit> {
  const visit = await visitOf(ctx);
  const { account } = visit;
  if (account === undefined) throw errors.loginRequired();
  return { ...visit, account };
}

/** The same for pages of admins. Throws `loginRequired` or `notAllowed`. */
export async function adminVisitOf(ctx: WebContext): Promise<OwnVisit> {
  const visit = await ownVisitOf(ctx);
  if (!visit.account.admin) throw errors.notAllowed();
  return visit;
}

/** Who is logged in now, by the session that a request came in. */
export function viewerOf(ctx: WebContext): Look['viewer'] {
  const id = ctx.cookies.get(SESSION, { signed: true }) ?? '';
  const account = ctx.state.domain.sessions.accountOf(id);
  return account && { username: account.username, admin: account.admin };
}

/**
 * Whether somebody may have the hub play a docker, for which it makes an account and a public repository: no guest, where
 * guests can't make accounts.
 */
export function mayPlay({ state }: WebContext, { viewer }: Look): boolean {
  return state.settings.registration === 'open' || viewer !== undefined;
}

/** Logs a browser in. */
export function beginSession(ctx: WebContext, account: UserDocument): void {
  const id = ctx.state.domain.sessions.begin(account);
  ctx.cookies.set(SESSION, id, { httpOnly: true, sameSite: 'lax', path: '/', signed: true });
}

/** By what the session of a request is known to those who keep something for it; not its secret. */
export function sessionKey(ctx: WebContext): string {
  const id = ctx.cookies.get(SESSION, { signed: true }) ?? '';
  return createHash('sha256').update(id).digest('base64');
}

/** Logs it out. */
export function endSession(ctx: WebContext): void {
  ctx.state.web.endShell(sessionKey(ctx));
  ctx.state.domain.sessions.end(ctx.cookies.get(SESSION, { signed: true }) ?? '');
  ctx.cookies.set(SESSION, null, { httpOnly: true, sameSite: 'lax', path: '/', signed: true });
}

/** Answers with a page. */
export function showPage(ctx: WebContext, page: VNode, status = 200): void {
  ctx.status = status;
  ctx.vary('Accept');
  ctx.vary('Accept-Language');
  ctx.vary('Cookie');
  ctx.set({
    'Content-Type': 'text/html; charset=utf-8',
    'Cache-Control': 'no-store',
    'Content-Security-Policy': POLICY,
    'Referrer-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
  });
  ctx.body = pageOf(page);
}

/** Sends a browser on to a page, which it opens by a GET. */
export function goTo(ctx: WebContext, path: string): void {
  move(ctx, 303, path);
}

/** The same for an address that is another one for good. */
export function moveTo(ctx: WebContext, path: string): void {
  move(ctx, 301, path);
}

function move(ctx: WebContext, status: number, path: string): void {
  ctx.status = status;
  ctx.set({
    Location: path,
    'Cache-Control': 'no-store',
    'Content-Type': 'text/html; charset=utf-8',
  });
  ctx.body = '';
}

/** A parameter of the query; empty where there is none. */
export function queryOf(ctx: WebContext, name: string): string {
  return new URLSearchParams(ctx.querystring).get(name) ?? '';
}

/** `?page=`, from 1. */
export function pageNumber(ctx: WebContext): number {
  const given = queryOf(ctx, 'page');
  return /^[1-9]\d{0,6}$/.test(given) ? Number(given) : 1;
}

/** What a form that was refused says, in the language of its page. Throws anything but a refusal. */
export function refusalNote({ words }: Look, error: unknown): { note: Note; status: number } {
  if (!(error instanceof HubError)) throw error;
  const text = errorText(words, error.id, error.message);
  return { note: { kind: 'bad', text }, status: answerOf(error).status };
}

/** A choice that is made by `?lang=` or `?theme=`, and kept in a cookie. */
function choiceOf<T extends string>(
  ctx: WebContext,
  { parameter, cookie, among }: { parameter: string; cookie: string; among: readonly T[] },
): T | undefined {
  const isOne = (text: string | undefined): text is T => among.includes(text as T);
  const asked = ctx.querystring === '' ? '' : queryOf(ctx, parameter);
  if (isOne(asked)) {
    const options = { httpOnly: true, sameSite: 'lax', path: '/', maxAge: YEAR } as const;
    ctx.cookies.set(cookie, asked, { ...options, signed: false });
    return asked;
  }
  const kept = ctx.cookies.get(cookie, { signed: false });
  return isOne(kept) ? kept : undefined;
}

function languageOf(ctx: WebContext): Language {
  const chosen = choiceOf(ctx, { parameter: 'lang', cookie: LANGUAGE, among: LANGUAGES });
  if (chosen !== undefined) return chosen;
  const wanted = ctx.acceptsLanguages(['en', 'zh-CN', 'zh', 'zh-TW', 'zh-HK']);
  return typeof wanted === 'string' && wanted.startsWith('zh') ? 'zh' : 'en';
}

function themeOf(ctx: WebContext): Theme {
  return choiceOf(ctx, { parameter: 'theme', cookie: THEME, among: THEMES }) ?? 'auto';
}

const HOST = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::\d{1,5})?$/;

/** What dockers and curl call this hub: as the browser does. */
function addressOf(ctx: WebContext): { host: string; origin: string } {
  const { socket, headers } = ctx.req;
  const { localAddress = '', localPort } = socket;
  const own = plainAddress(localAddress);
  const asked = headers.host ?? '';
  const name = HOST.test(asked) ? asked : `${own.includes(':') ? `[${own}]` : own}:${localPort}`;
  const [bare = ''] = name.split(':', 1);
  const isReal = ctx.state.settings.officialNames.includes(bare.toLowerCase());
  return { host: isReal ? '' : `${name}/`, origin: `${ctx.protocol}://${name}` };
}
