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
}

/** Where a host is, and what docker believes of it. */
export interface Address {
  readonly hostname: string;
  readonly port: number;
  /** TLS on the socket. */
  readonly tls: { readonly ca?: string | Buffer } | undefined;
  /** What docker believes, and says in its messages. */
  readonly scheme: 'http' | 'https';
}

/** Where the requests to `host` (`name[:port]`) go. */
export function addressOf(host: string, { https, index }: Route): Address {
  if (index !== undefined && HUB_NAME.test(host)) {
    const secure = index.protocol === 'https:';
    const port = Number(index.port || (secure ? 443 : 80));
    const hostname = index.hostname.replace(/^\[(.*)\]$/, '$1');
    return { hostname, port, tls: secure ? (https ?? {}) : undefined, scheme: 'https' };
  }
  const [hostname = '', port = ''] = host.split(/:(?=\d+$)/);
  return {
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: Number(port || (https === undefined ? 80 : 443)),
    tls: https,
    scheme: https === undefined ? 'http' : 'https',
  };
}

/** Whether this is a name of the real Hub. */
export function isHubName(host: string): boolean {
  return HUB_NAME.test(host);
}
