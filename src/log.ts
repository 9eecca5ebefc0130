import { type DestinationStream, type Logger, pino } from 'pino';
import { type JournalRecord, takeRaw, toRecord } from './harness/record.js';
import type { ExchangeListener } from './wire/exchange.js';

export type Log = Logger;

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['json', 'text'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LogOptions {
  readonly level: LogLevel;
  readonly format: LogFormat;
  /** Where lines go; standard error. */
  readonly destination?: DestinationStream;
}

/** The hub's log, on standard error, so that standard output stays for people. */
export function createLog({ level, format, destination }: LogOptions): Log {
  const lines = destination ?? pino.destination({ dest: 2, sync: true });
  const stream = format === 'text' ? { write: (line: string) => lines.write(toText(line)) } : lines;
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream);
}

/**
 * A line per request: the journal's record of it, passwords and tokens masked (bodies and headers only
 * at level debug).
 */
export function logExchanges(log: Log): ExchangeListener {
  let number = 0;
  return (exchange) => {
    if (!log.isLevelEnabled('info')) return;
    number += 1;
    const record = toRecord(takeRaw(exchange), number);
    log.info(log.isLevelEnabled('debug') ? record : summary(record), record.sentence);
  };
}

function summary({ id, method, path, query, status, duration, who, fault }: JournalRecord) {
  return { id, method, path, query, status, duration, who, fault };
}

/** The same line for a person: when, what, how it ended, and what that means. */
function toText(line: string): string {
  const entry = JSON.parse(line) as Partial<JournalRecord> & {
    msg?: string;
    err?: { stack?: string };
  };
  const { time = '', method, path, query, status, duration, who, msg = '', err } = entry;
  if (method === undefined) return `${time} ${msg}${err?.stack ? `\n${err.stack}` : ''}\n`;
  const url = query ? `${path}?${query}` : path;
  return `${time} ${method} ${url} ${status} ${duration}ms ${whoText(who)} ${msg}\n`;
}

function whoText(who: JournalRecord['who'] | undefined): string {
  if (who?.by === 'basic') return who.user;
  return who?.by === 'token' ? `token:${who.access}:${who.repository}` : '-';
}
