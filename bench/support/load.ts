import autocannon from 'autocannon';
import type { Run } from './compare.js';

/** Requests of one kind, from as many clients as said. */
export interface Load {
  readonly url: string;
  readonly connections: number;
  readonly method?: 'GET' | 'PUT';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What is asked for: always the same, one after the other, or a new one for each request. */
  readonly path: string | readonly string[] | (() => string);
  /** How long, or how many. */
  readonly seconds?: number;
  readonly amount?: number;
  /** At most so many requests a second, all clients together. */
  readonly rate?: number;
  /** Answers other than 200 count as work done, too. */
  readonly anyStatus?: boolean;
}

/** Drives a server with autocannon. Throws when anything was answered otherwise than with 2xx. */
export async function load(options: Load): Promise<Run> {
  const { url, connections, method = 'GET', headers = {}, body, seconds, amount, rate } = options;
  const { result, elapsed } = await fire({
    url,
    connections,
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(seconds === undefined ? {} : { duration: seconds }),
    ...(amount === undefined ? {} : { amount }),
    ...(rate === undefined ? {} : { overallRate: rate }),
    requests: requestsFor(options.path),
  });
  const { errors, timeouts, non2xx } = result;
  if (errors + timeouts > 0 || (non2xx > 0 && options.anyStatus !== true)) {
    throw new Error(`${url}: ${errors} errors, ${timeouts} timeouts, ${non2xx} refused`);
  }
  return { done: result.requests.total, seconds: elapsed / 1000, p99: result.latency.p99 };
}

/** Runs autocannon until the last answer; it looks at the clock itself only once a second. */
function fire(
  options: autocannon.Options,
): Promise<{ result: autocannon.Result; elapsed: number }> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    let ended = started;
    const instance = autocannon(options, (error, result) => {
      if (error) reject(error);
      else resolve({ result, elapsed: ended - started });
    });
    instance.on('response', () => {
      ended = performance.now();
    });
  });
}

function requestsFor(path: Load['path']): autocannon.Request[] {
  if (typeof path === 'function') {
    return [{ setupRequest: (request) => ({ ...request, path: path() }) }];
  }
  return [path].flat().map((each) => ({ path: each }));
}
