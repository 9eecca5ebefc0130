import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Domain } from '../domain/domain.js';
import type { Exchange } from '../journal/exchange.js';
import { version } from '../version.js';
import type { Unreadable } from '../wire/unreadable.js';
import type { Connections } from './connections.js';
import { EventLoopLag } from './event-loop-lag.js';

/** What is looked up when somebody asks. */
export interface MetricSources {
  readonly domain: Domain;
  readonly connections: Connections;
}

/** Upper bounds in seconds: from an answer out of memory to a layer over a slow line. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600];

/** How many requests are taken in at once. */
const BATCH = 1000;

/** What is counted of a request. */
interface Answered {
  readonly method: string;
  readonly route: string;
  readonly status: number;
  /** In seconds. */
  readonly duration: number;
}

/** A metric that is looked up when it is asked for: one value, or one for each value of a label. */
interface Lookup {
  readonly name: string;
  readonly help: string;
  readonly label?: string;
  readonly look: () => number | Readonly<Record<string, number>>;
}

/**
 * What Prometheus is told. Requests are counted in batches of a thousand, which takes a fraction of what it takes
 * to count each by itself; everything else is looked up when somebody asks. Each hub has a
 * registry of its own: two in one process share nothing.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #requests: Counter<'method' | 'route' | 'status'>;
  readonly #durations: Histogram<'route'>;
  readonly #unreadable: Counter<'kind'>;
  readonly #lag = new EventLoopLag();
  /** Answered since requests were last counted. */
  #answered: Answered[] = [];

  constructor(sources: MetricSources) {
    const registers = [this.#registry];
    this.#requests = new Counter({
      name: 'hub_http_requests_total',
      help: 'Requests that were answered, by method, route and status',
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.#durations = new Histogram({
      name: 'hub_http_request_duration_seconds',
      help: 'Time from a request to the end of its answer',
      labelNames: ['route'],
      buckets: DURATIONS,
      registers,
    });
    this.#unreadable = new Counter({
      name: 'hub_unreadable_requests_total',
      help: 'What came that was no request, or was refused before it was one, by kind',
      labelNames: ['kind'],
      registers,
    });
    for (const level of levels(sources, this.#lag)) this.#addLevel(level);
    for (const total of totals(sources)) this.#addTotal(total);
  }

  /** The Content-Type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Takes one request in. */
  add({ ctx, operation, status, duration }: Exchange): void {
    const route = operation?.path ?? 'none';
    this.#answered.push({ method: ctx.method, route, status, duration: duration / 1000 });
    if (this.#answered.length >= BATCH) this.#count();
  }

  /** Counts something that was not a request. */
  addUnreadable({ kind }: Unreadable): void {
    this.#unreadable.inc({ kind });
  }

  /** All that is known, in the text format of Prometheus. */
  text(): Promise<string> {
    this.#count();
    return this.#registry.metrics();
  }

  /** Stops its background work. */
  close(): void {
    this.#lag.close();
  }

  #count(): void {
    for (const { method, route, status, duration } of this.#answered) {
      this.#requests.inc({ method, route, status });
      this.#durations.observe({ route }, duration);
    }
    this.#answered = [];
  }

  #addLevel({ look, label, ...named }: Lookup): void {
    const registers = [this.#registry];
    const gauge = new Gauge({
      ...named,
      labelNames: label === undefined ? [] : [label],
      registers,
      collect: () => forEach(look(), label, (labels, value) => gauge.set(labels, value)),
    });
  }

  #addTotal({ look, label, ...named }: Lookup): void {
    const registers = [this.#registry];
    const counter = new Counter({
      ...named,
      labelNames: label === undefined ? [] : [label],
      registers,
      collect: () => {
        counter.reset();
        forEach(look(), label, (labels, value) => counter.inc(labels, value));
      },
    });
  }
}

/** What goes up and down. */
function levels({ domain, connections }: MetricSources, lag: EventLoopLag): Lookup[] {
  return [
    {
      name: 'hub_documents',
      help: 'Documents that are stored, by kind',
      label: 'kind',
      look: () => domain.statistics().documents,
    },
    {
      name: 'hub_pending_writes',
      help: 'Documents that are on their way to the disk',
      look: () => domain.statistics().pendingWrites,
    },
    {
      name: 'hub_passwords_waiting',
      help: 'Passwords that wait to be hashed or compared',
      look: () => domain.logins.waiting,
    },
    {
      name: 'hub_open_connections',
      help: 'Connections that are open',
      look: () => connections.count,
    },
    {
      name: 'hub_event_loop_lag_seconds',
      help: 'How late the event loop was since the last time this was asked, by quantile',
      label: 'quantile',
      look: () => lag.take(),
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Memory of the process',
      look: () => process.memoryUsage.rss(),
    },
    {
      name: 'process_start_time_seconds',
      help: 'When the process started, since 1970',
      look: () => Math.round(performance.timeOrigin / 1000),
    },
    {
      name: 'hub_info',
      help: 'Always 1; the label says which version this is',
      label: 'version',
      look: () => ({ [version]: 1 }),
    },
  ];
}

/** What only goes up. */
function totals({ domain, connections }: MetricSources): Lookup[] {
  return [
    {
      name: 'hub_received_bytes_total',
      help: 'Bytes that came over connections, headers and all',
      look: () => connections.traffic.received,
    },
    {
      name: 'hub_sent_bytes_total',
      help: 'Bytes that went over connections, headers and all',
      look: () => connections.traffic.sent,
    },
    {
      name: 'hub_logins_total',
      help: 'Logins with a password, by how they ended',
      label: 'result',
      look: () => ({ ...domain.logins.counts }),
    },
    {
      name: 'process_cpu_seconds_total',
      help: 'CPU time of the process',
      look: () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      },
    },
  ];
}

function forEach(
  found: ReturnType<Lookup['look']>,
  label: string | undefined,
  tell: (labels: Record<string, string>, value: number) => void,
): void {
  const values = typeof found === 'number' ? { '': found } : found;
  for (const [name, value] of Object.entries(values)) {
    tell(label === undefined ? {} : { [label]: name }, value);
  }
}
