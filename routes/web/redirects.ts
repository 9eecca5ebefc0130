import { repositoryPath } from '../../src/web/paths.js';
import { repositoryOf } from './shown.js';
import { goTo, moveTo } from './visit.js';
import type { WebContext, WebHandler } from './web.js';

/* Addresses of the Hub before June 2014 and after August 2015, as books and scripts have them. */

/** Redirects to this address for good. */
export function to(path: string): WebHandler {
  return (ctx) => moveTo(ctx, path);
}

/** Another address of a repository, or of a part of it. */
export function toRepository(part = ''): WebHandler {
  return (ctx: WebContext) => moveTo(ctx, repositoryPath(repositoryOf(ctx), part));
}

/** How long an address may be that a login leads back to: all of it goes into a header. */
const LONGEST_ADDRESS = 500;

/** To the login, and from there back; a form has to be filled in once more. */
export function toLogIn(ctx: WebContext): void {
  const next = ctx.url.length > LONGEST_ADDRESS ? '' : `?next=${encodeURIComponent(ctx.url)}`;
  goTo(ctx, `/account/login/${next}`);
}
