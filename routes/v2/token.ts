import { z } from 'zod';
import type { Caller } from '../../src/domain/access/access.js';
import { mayRead } from '../../src/domain/access/access.js';
import type { Action, Scope } from '../../src/domain/access/scoped-tokens.js';
import { errors, HubError } from '../../src/domain/errors.js';
import { answerV2 } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { identifyScoped } from '../../src/wire/credentials.js';
import { readBytes } from '../../src/wire/request-body.js';
import { rightsOf } from '../../src/wire/rights.js';
import { nameIn } from './visit.js';

/** How many repositories one token may be for, and how long what asks for it may be. */
const MOST_SCOPES = 100;
const LONGEST = 64 * 1024;

/**
 * GET /v2/token: a token for who shows a password, or for nobody. It is for as much of what was asked as they may do;
 * a login asks for nothing in particular (v2.md §0.3).
 */
export async function getToken(ctx: HubContext): Promise<void> {
  const { caller, scopes } = await identifyScoped(ctx);
  // A token does not beget others that last longer.
  if (scopes !== undefined) throw errors.badToken();
  grant(ctx, caller, new URLSearchParams(ctx.querystring).getAll('scope'));
}

const form = z.object({
  grant_type: z.literal('password'),
  username: z.string(),
  password: z.string(),
  scope: z.string().default(''),
});

/** POST /v2/token, as containerd asks with a login: a form (v2.md §0.3). */
export async function postToken(ctx: HubContext): Promise<void> {
  const body = await readBytes(ctx);
  if (body.length > LONGEST) throw errors.bodyTooLarge(LONGEST);
  const read = form.safeParse(Object.fromEntries(new URLSearchParams(body.toString())));
  if (!read.success)
    throw errors.wrongBody('a form with grant_type=password, username and password');
  const { username, password, scope } = read.data;
  const from = ctx.state.clients.networkOf(ctx.req);
  const caller = await ctx.state.domain.identities.byPassword({ username, password, from });
  ctx.state.caller = caller;
  grant(ctx, caller, [scope]);
}

function grant(ctx: HubContext, caller: Caller, asked: readonly string[]): void {
  const { scopedTokens } = ctx.state.domain;
  const texts = asked.flatMap((each) => each.split(' ')).filter((each) => each !== '');
  if (texts.length > MOST_SCOPES) throw errors.wrongBody(`at most ${MOST_SCOPES} scopes`);
  const scopes = texts.flatMap((text) => scopeFor(ctx, caller, text) ?? []);
  const { token, issued } = scopedTokens.issue(caller, scopes);
  ctx.set('Cache-Control', 'no-store');
  answerV2(ctx, 200, {
    token,
    access_token: token,
    expires_in: scopedTokens.ttl,
    issued_at: issued.toISOString(),
  });
}

/** What the caller may do of what `repository:NAME:pull,push` asks for; undefined where that is not a repository. */
function scopeFor(ctx: HubContext, caller: Caller, text: string): Scope | undefined {
  const [, full = '', asked = ''] =
    /^repository:([^:]+(?::\d+\/[^:]+)?):([a-z,*]*)$/.exec(text) ?? [];
  const name = nameIn(full);
  if (name === undefined) return undefined;
  const mayPush = isAllowed(() => rightsOf(ctx).requirePush(caller, name));
  const repository = ctx.state.domain.repositories.find(name);
  const mayPull = mayPush || (repository !== undefined && mayRead(caller, repository));
  const wanted = new Set(asked.split(','));
  const actions = ACTIONS.filter(
    (each) => wanted.has(each) && (each === 'pull' ? mayPull : mayPush),
  );
  return { repository: name.full, actions };
}

const ACTIONS: readonly Action[] = ['pull', 'push', 'delete', '*'];

function isAllowed(work: () => unknown): boolean {
  try {
    work();
    return true;
  } catch (error) {
    if (error instanceof HubError) return false;
    throw error;
  }
}
