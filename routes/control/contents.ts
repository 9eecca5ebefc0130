import { version } from '../../src/version.js';
import { answerPlain } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import type { Route } from '../route.js';

/** GET /_hub/: what there is under it. */
export function getContents(ctx: HubContext, routes: readonly Route[]): void {
  const requests = routes.map(({ method, path }) => `${method} ${spelt(path)}`);
  answerPlain(ctx, 200, { version, requests, contract: '/openapi.yaml' });
}

/** A path as the contract spells it: `/_hub/users/{username}`. */
function spelt(path: string): string {
  return path.replace('{/}', path === '/_hub{/}' ? '/' : '').replace(/:(\w+)/g, '{$1}');
}
