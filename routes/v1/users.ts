import { requireAccount } from '../../src/domain/access/access.js';
import { errors } from '../../src/domain/errors.js';
import { answerIndex, answerNothing } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { identify } from '../../src/wire/credentials.js';
import { readFields } from '../../src/wire/request-body.js';

/** GET /v1/users/: is this login right? (protocol.md §1.1) */
export async function login(ctx: HubContext): Promise<void> {
  requireAccount(await identify(ctx));
  answerIndex(ctx, 200, 'OK');
}

/** POST /v1/users/: register; what `docker login` up to 1.10 sends first (protocol.md §1.2). */
export async function createUser(ctx: HubContext): Promise<void> {
  const { domain, settings } = ctx.state;
  const registration = await readFields(ctx);
  if (settings.registration === 'closed') {
    // Somebody who has an account is sent on to log in as everywhere; docker before 0.7.1 knows no other way.
    domain.accounts.requireNew(registration);
    throw errors.registrationClosed();
  }
  await domain.accounts.register(registration, { from: ctx.state.clients.networkOf(ctx.req) });
  answerIndex(ctx, 201, 'User created');
}

/** PUT /v1/users/(name)/: another password, one more e-mail address (protocol.md §1.3). */
export async function updateUser(ctx: HubContext): Promise<void> {
  const { account } = requireAccount(await identify(ctx));
  const changes = await readFields(ctx);
  const { username = '' } = ctx.params;
  const { domain, clients } = ctx.state;
  await domain.accounts.update(account, username, changes, clients.networkOf(ctx.req));
  answerNothing(ctx);
}
