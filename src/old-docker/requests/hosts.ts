import { OldDockerError } from './errors.js';

/** Names of the real Hub: its index and the registries that it sent dockers to. */
const HUB_NAME = /^(?:docker\.io|(?:index|(?:cdn-)?registry(?:-1)?)\.docker\.io)$/;

/** How hosts are reached. */
export interface Route {
  /** Speak TLS to every host but the Hub. */
  readonly https?: { readonly ca?: string | Buffer } | undefined;
  /**
   * The hub that plays index.docker.io. Docker believes that it speaks https to the Hub's names, and
   * its requests go there.
   */
  readonly index?: URL | undefined;
  /**
   * Hosts that are that hub as well, `name[:port]`. Where they are given, no other host is reached, and no name is
   * looked up.
   */
  readonly onlyHosts?: readonly string[] | undefined;
}

/** Where a host is, and what docker believes about it. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
  /** TLS on the socket. */
  readonly tls: { readonly ca?: string | Buffer } | undefined;
  /** What docker believes, and says in its messages. */
  readonly scheme: 'http' | 'https';
}

/**
 * Where the requests to `host` (`name[:port]`) go.
 * @throws OldDockerError for a host that is not to be reached
 */
export function addressOf(host: string, { https, index, onlyHosts }: Route): Address {
  if (index !== undefined && HUB_NAME.test(host)) return addressOfHub(index, https, 'https');
  if (onlyHosts !== undefined) {
    if (index === undefined || !onlyHosts.includes(host)) {
      throw new OldDockerError(`dial tcp: lookup ${host}: no such host`);
    }
    return addressOfHub(index, https, index.protocol === 'https:' ? 'https' : 'http');
  }
  const [hostname = '', port = ''] = host.split(/:(?=\d+$)/);
  return {
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || (https === undefined ? 80 : 443)),
    tls: https,
    scheme: https === undefined ? 'http' : 'https',
  };
}

function addressOfHub(index: URL, https: Route['https'], scheme: Address['scheme']): Address {
  const secure = index.protocol === 'https:';
  const port = Number(index.port || (secure ? 443 : 80));
  const hostname = index.hostname.replace(/^\[(.*)\]$/, '$1');
  return { hostname, port, tls: secure ? (https ?? {}) : undefined, scheme };
}

/** Whether this is a name of the real Hub. */
export function isHubName(host: string): boolean {
  return HUB_NAME.test(host);
}
