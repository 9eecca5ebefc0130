import type { Rights } from '../domain/access/rights.js';
import type { HubContext } from './context.js';
import { isOfficialName } from './official-names.js';
import { isOwnName } from './own-name.js';

/**
 * The rights that hold under the name by which the hub is asked. Where anybody may push, that is a registry of
 * this machine, or of anywhere if that was said; under its official names it is the Hub, which wants a login.
 */
export function rightsOf(ctx: HubContext): Rights {
  const { domain, settings } = ctx.state;
  const isOpen = settings.anonymousAnywhere ? !isOfficialName(ctx.hostname) : isOwnName(ctx.host);
  return isOpen ? domain.rights : domain.rights.withLogin;
}
