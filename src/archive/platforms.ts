/** What Go, and so every image, calls the processors for which Node has other names. */
const GO_NAMES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' };

/** More platforms than this are not listed one by one. */
const MOST_NAMED = 20;

/** The platform of this machine's containers. */
export function ownPlatform(): string {
  return `linux/${GO_NAMES[process.arch] ?? process.arch}`;
}

/**
 * The v1 format knows no platforms: of an image for several, the one for this machine is taken, or the
 * first. Which it was is noted.
 */
export function choosePlatform<T extends { readonly platform: string }>(
  candidates: readonly T[],
  name: string,
  notes: string[],
): T {
  const own = candidates.find(({ platform }) => isFor(platform, ownPlatform()));
  const [first] = candidates;
  const chosen = own ?? first;
  if (chosen === undefined) throw new Error('nothing to choose from');
  if (candidates.length > 1) {
    const some = candidates.slice(0, MOST_NAMED).map(({ platform }) => platform);
    const all = candidates.length > MOST_NAMED ? [...some, '…'] : some;
    notes.push(`${name} is there for ${all.join(', ')}; took ${chosen.platform}`);
  }
  return chosen;
}

/** `linux/arm64/v8` is for `linux/arm64` too. */
function isFor(platform: string, wanted: string): boolean {
  return platform === wanted || platform.startsWith(`${wanted}/`);
}
