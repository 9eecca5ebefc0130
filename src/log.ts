import { type DestinationStream, type Logger, pino } from 'pino';

export type Log = Logger;

export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The hub's log: JSON lines on standard error, so that standard output stays for people. */
export function createLog(level: LogLevel, destination?: DestinationStream): Log {
  return pino({ level, base: null }, destination ?? pino.destination({ dest: 2, sync: true }));
}
