/** What a docker says of itself and its machine; fields it leaves out are missing. */
export interface ClientDescription {
  arch?: string;
  docker_go_version?: string;
  docker_version?: string;
  kernel?: string;
  os?: string;
}

/** No version is longer. */
const LONGEST_VALUE = 100;

/**
 * Reads `docker/1.5.0 go/go1.4.1 git-commit/a8a31ef kernel/3.13.0 os/linux arch/amd64`
 * (clients.md, User-Agent).
 */
export function describeClient(userAgent: string): ClientDescription {
  const products = new Map<string, string>();
  for (const word of userAgent.match(/[^\s/]+(?:\/[^\s/]+)?/g) ?? []) {
    const [name = '', version] = word.split('/');
    if (version !== undefined && !products.has(name))
      products.set(name, version.slice(0, LONGEST_VALUE));
  }
  const description: ClientDescription = {};
  const take = (field: keyof ClientDescription, product: string): void => {
    const version = products.get(product);
    if (version !== undefined) description[field] = version;
  };
  take('arch', 'arch');
  take('docker_go_version', 'go');
  take('docker_version', 'docker');
  take('kernel', 'kernel');
  take('os', 'os');
  return description;
}

/** docker 0.4 to 0.6.5 reads every search result as a map of strings (protocol.md §0.10). */
export function wantsTextResults(userAgent: string): boolean {
  return /^docker\/0\.(?:[45](?:\.|\s|$)|6\.[0-5](?:\D|$))/.test(userAgent);
}

/** docker up to 1.12, which must find no v2 here: it would stay with it, wait, or believe any login (v2.md §1). */
export function isDockerOfV1(userAgent: string): boolean {
  return /^docker\/(?:0|1\.(?:\d|1[0-2]))\./.test(userAgent);
}

/** A program in Go that does not say who it is: docker 1.5 at /v2/, among others (v2.md §1). */
export function isUnnamedGo(userAgent: string): boolean {
  return /^Go[- ]/.test(userAgent);
}

/** podman, skopeo and buildah, which look at /v2/ before they search (clients.md, /v2/). */
export function isContainersClient(userAgent: string): boolean {
  return userAgent.startsWith('containers/');
}
