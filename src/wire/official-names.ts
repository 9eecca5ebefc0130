/** Names under which the index was asked: by dockers, which have the first built in, and by scripts. */
export const INDEX_NAMES = ['index.docker.io', 'registry.hub.docker.com'] as const;

/** Names under which old clients look for the Hub, its registries among them. */
export const OFFICIAL_NAMES = [
  ...INDEX_NAMES,
  'registry-1.docker.io',
  'cdn-registry-1.docker.io',
  'auth.docker.io',
] as const;

/** Whether a host, as a request names it, is the index. */
export function isIndexName(host: string): boolean {
  return (INDEX_NAMES as readonly string[]).includes(host.toLowerCase());
}

/** Whether a host, as a request names it, is the Hub or one of its registries. */
export function isOfficialName(host: string): boolean {
  return (OFFICIAL_NAMES as readonly string[]).includes(host.toLowerCase());
}
