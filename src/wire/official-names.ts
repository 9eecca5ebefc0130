/** Names under which old clients look for the Hub; they have the first built in. */
export const OFFICIAL_NAMES = [
  'index.docker.io',
  'registry-1.docker.io',
  'cdn-registry-1.docker.io',
] as const;
