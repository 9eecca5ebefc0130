import type { Action, Probe } from '../eras/dialect.js';
import { OldDockerError } from './errors.js';
import { decodeJson } from './go.js';
import type { Answer, Header } from './messages.js';
import { type Client, Session } from './session.js';

/** The v2 requests that docker 1.10 and later try before they fall back to v1. */
export interface V2Use {
  readonly requests: readonly { method: string; path: string; headers?: readonly Header[] }[];
  /** Uploads: 1.10 repeats each up to five times if the refusal is JSON. */
  readonly uploads?: boolean;
}

/** What probing told. */
export interface Probed {
  /** Send Basic with everything, not tokens. */
  readonly alwaysBasic: boolean;
  /** Seconds that this docker would have sat waiting because of the answers under /v2/. */
  readonly secondsLost: number;
}

/** Pauses of 5, 10, 15 and 20 s between the five tries of an upload. */
const UPLOAD_PAUSES = [5, 10, 15, 20];

/**
 * Finds out what the host is, in the order of clients.md, "Probing a host". With https the hello is
 * no mere probe but the connection itself, so the steps up to the first success are left out.
 */
export async function probe(
  client: Client,
  action: Action,
  v2?: V2Use,
  beforeV2: () => Promise<void> = async () => undefined,
): Promise<Probed> {
  if (client.official) {
    await probeHub(client, action);
    return { alwaysBasic: client.basicOnly, secondsLost: 0 };
  }
  let secondsLost = 0;
  let ping: Answer | undefined;
  for (const step of stepsOf(client, action)) {
    if (step === 'tls') {
      await client.wire.hello();
    } else if (step === 'v2') {
      await probeV2(client, action);
    } else if (step === 'ping') {
      ping = await pingV1(client);
    } else if (v2 !== undefined) {
      await beforeV2();
      secondsLost += await tryV2(client, v2);
    }
  }
  const overHttps = client.wire.scheme === 'https';
  const standalone = overHttps && client.dialect.readsStandalone && isStandalone(ping);
  return { alwaysBasic: client.basicOnly || standalone, secondsLost };
}

/**
 * The Hub is not probed, but asked at registry-1.docker.io whether it speaks v2. What it says does not
 * matter here: this docker goes on with v1, as if nobody had answered (clients.md, "/v2/").
 */
async function probeHub(client: Client, action: Action): Promise<void> {
  if (!client.dialect.asksHubForV2 || (action !== 'push' && action !== 'pull')) return;
  const registry = { ...client, wire: client.wire.at('registry-1.docker.io') };
  try {
    await new Session(registry).send('GET', '/v2/', { agent: client.dialect.bareAgent });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
  }
}

function stepsOf(client: Client, action: Action): readonly Probe[] {
  const steps = client.dialect.probes(action);
  if (client.wire.scheme === 'http') {
    return steps;
  }
  const open = steps.filter((step) => step !== 'tls');
  return open.includes('ping') ? open : [...open, 'ping'];
}

async function pingV1(client: Client): Promise<Answer> {
  const { dialect } = client;
  const answer = await new Session(client).send('GET', '/v1/_ping', {
    agent: dialect.bareAgent,
    keepsAlive: !dialect.closesProbes,
  });
  if (dialect.needsAllHeaders && answer.lines('X-Docker-Registry-Version').length === 0) {
    throw new OldDockerError(
      'Invalid Registry endpoint: This does not look like a Registry server ' +
        '("X-Docker-Registry-Version" header not found in the response)',
    );
  }
  return answer;
}

function isStandalone(ping: Answer | undefined): boolean {
  const [value] = ping?.lines('X-Docker-Registry-Standalone') ?? [];
  return value === undefined || value.toLowerCase() === 'true' || value === '1';
}

/** A docker that takes the host for a v2 registry never comes back to v1. */
async function probeV2(client: Client, action: Action): Promise<void> {
  const { dialect, wire } = client;
  const answer = await new Session(client).send('GET', '/v2/', {
    agent: dialect.bareAgent,
    keepsAlive: !dialect.closesProbes,
  });
  const versions = answer.lines('Docker-Distribution-Api-Version').join(' ');
  if (versions.split(/\s+/).includes('registry/2.0')) {
    throw new OldDockerError(`${wire.host} is a v2 registry: this docker will not speak v1 to it`);
  }
  if (action === 'login' && !dialect.registers && answer.status === 200) {
    throw new OldDockerError('Login Succeeded, whatever the password: /v2/ answered 200');
  }
}

/** The first requests of a v2 push or pull; all must be refused so that v1 gets its turn. */
async function tryV2(client: Client, v2: V2Use): Promise<number> {
  const lost = await Promise.all(
    v2.requests.map((request) => tryV2Request(client, request, v2.uploads === true)),
  );
  return Math.max(0, ...lost);
}

async function tryV2Request(
  client: Client,
  request: V2Use['requests'][number],
  upload: boolean,
): Promise<number> {
  const details = upload
    ? { empty: true, headers: [['Content-Type', '']] as const }
    : { headers: request.headers ?? [] };
  let lost = 0;
  for (const pause of [...UPLOAD_PAUSES, 0]) {
    const answer = await new Session(client).send(request.method, request.path, details);
    const refusal = decodeJson(answer.body);
    if (answer.status < 400) {
      throw new OldDockerError(`${request.method} ${request.path} was not refused: no way to v1`);
    }
    if ('value' in refusal && namesErrors(refusal.value) && !upload) {
      throw new OldDockerError(`${answer.body}`);
    }
    if ('error' in refusal || !upload || !client.dialect.repeatsV2Uploads) {
      return lost;
    }
    lost += pause;
  }
  return lost;
}

/** `{"errors": […]}`: an answer in v2's own words, after which a pull does not fall back. */
function namesErrors(value: unknown): boolean {
  return (
    value !== null && typeof value === 'object' && 'errors' in value && Array.isArray(value.errors)
  );
}
