import { HubError } from '../domain/errors.js';
import { checkUsername } from '../domain/repositories/names.js';

/** What is said of images that came for an owner who has no account here yet, or can have none. */
export function noteOnMissingAccount(owner: string): string {
  try {
    checkUsername(owner);
    return `there is no account ${owner} yet; create it with: hub-v1 user add ${owner}`;
  } catch (error) {
    if (!(error instanceof HubError)) throw error;
    const why =
      error.id === 'usernameReserved'
        ? 'that name is reserved'
        : 'a name has 4 to 30 lower-case letters, digits and _';
    return `no account can be called ${owner}, so only an admin can push to ${owner}/…: ${why}`;
  }
}
