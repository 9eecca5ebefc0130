/** What is said of images that came for an owner who has no account here yet. */
export function noteOnMissingAccount(owner: string): string {
  return `note: there is no account ${owner} yet; create it with: hub-v1 user add ${owner}`;
}
