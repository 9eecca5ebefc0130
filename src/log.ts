import { type DestinationStream, type Logger, pino } from 'pino';
import { BodyStarts } from './harness/body-starts.js';
import { maskPath, maskQuery } from './harness/masking.js';
import { type JournalRecord, startText, takeRaw, toRecord, whoOf } from './harness/record.js';
import { Narrator } from './harness/sentences.js';
import { LineWriter } from './line-writer.js';
import type { LogFormat, LogLevel } from './start-options.js';
import { visible, visibleJson } from './visible-text.js';
import type { Exchange, ExchangeListener } from './wire/exchange.js';

export type Log = Logger;

export type { LogFormat, LogLevel };

export const LOG_LEVELS = [
  'silent',
  'fatal',
  'error',
  'warn',
  'info',
  'debug',
  'trace',
] as const satisfies readonly LogLevel[];

export const LOG_FORMATS = ['json', 'text'] as const satisfies readonly LogFormat[];

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Where lines go; standard error. */
  readonly destination?: DestinationStream;
}

/** A log, and its end. */
export interface OpenLog {
  readonly log: Log;
  /** Resolves once its lines are out, or nobody has read them for half a second. */
  close(): Promise<void>;
}

/**
 * The hub's log, on standard error, so that standard output stays for people. It waits for nobody: what is
 * not read in time is dropped, and said to be.
 */
export function createLog({ level, format, destination }: LogOptions): OpenLog {
  const show = format === 'text' ? toText : visibleJson;
  const tellLoss = (lines: number): void =>
    log.error({ lines }, `nobody read the log for a while: ${lines} lines of it were dropped`);
  const writer = destination === undefined ? new LineWriter(2, tellLoss) : undefined;
  const target = writer ?? destination;
  const stream = { write: (line: string) => target?.write(show(line)) };
  const log = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
  return { log, close: async () => writer?.close() };
}

/**
 * A line per request, as the journal would show it: at level debug the whole record, passwords and
 * tokens masked; at level info without headers and bodies, and so without the price of masking them.
 */
export function logExchanges(log: Log): ExchangeListener {
  const narrator = new Narrator();
  // Each record is made at once.
  const starts = new BodyStarts(1);
  let number = 0;
  return (exchange) => {
    number += 1;
    if (log.isLevelEnabled('debug')) {
      const makers = { narrator, starts };
      // A line has its own time.
      const { sentence, time, ...record } = toRecord(takeRaw(exchange, number, starts), makers);
      log.info({ started: time, ...record }, sentence);
    } else if (log.isLevelEnabled('info')) {
      const summary = summarize(exchange);
      log.info(summary, narrate(narrator, exchange, summary));
    }
  };
}

function summarize({ ctx, id, status, duration, caller, fault }: Exchange) {
  const { method, querystring } = ctx;
  return {
    id,
    method,
    path: maskPath(ctx.path),
    query: maskQuery(ctx.path, querystring),
    status,
    duration: Math.round(duration * 100) / 100,
    who: whoOf(caller),
    fault,
  };
}

function narrate(
  narrator: Narrator,
  { ctx, route }: Exchange,
  { method, path, status, who }: ReturnType<typeof summarize>,
): string {
  const userAgent = ctx.get('User-Agent');
  const requestBody = startText(ctx.state.received);
  return narrator.tell({ method, path, route, status, userAgent, who, requestBody });
}

/** The same line for a person: when, what, how it ended, and what that means. */
function toText(line: string): string {
  const entry = JSON.parse(line) as Partial<JournalRecord> & {
    msg?: string;
    err?: { stack?: string };
  };
  const { time = '', method, path, query, status, duration, who, msg = '', err } = entry;
  const stack = err?.stack?.split('\n').map((each) => `\n${visible(each)}`) ?? [];
  if (method === undefined) return `${time} ${visible(msg)}${stack.join('')}\n`;
  const url = query ? `${path}?${query}` : path;
  return `${visible(`${time} ${method} ${url} ${status} ${duration}ms ${whoText(who)} ${msg}`)}\n`;
}

function whoText(who: JournalRecord['who'] | undefined): string {
  if (who?.by === 'basic') return who.user;
  return who?.by === 'token' ? `token:${who.access}:${who.repository}` : '-';
}
