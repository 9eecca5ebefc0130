import { isatty } from 'node:tty';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { Unreadable } from '../wire/unreadable.js';
import type { Exchange, ExchangeListener } from './exchange.js';
import { KeptTexts } from './kept-texts.js';
import { LineWriter } from './line-writer.js';
import type { LogFormat, LogLevel } from './log-kinds.js';
import { storyOf, wantsColour } from './log-text.js';
import { maskParams, maskPath, maskQuery, secretsOf } from './masking.js';
import { startText, takeRaw, toShown, whoOf } from './record.js';
import { tell } from './sentences.js';
import { recordUnreadable } from './unreadable-record.js';
import { visibleJson } from './visible-text.js';

export type Log = Logger;

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
  const isTerminal = destination === undefined && isatty(2);
  const show = format === 'text' ? storyOf(wantsColour(isTerminal, process.env)) : visibleJson;
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
  const texts = new KeptTexts();
  let number = 0;
  return (exchange) => {
    number += 1;
    if (log.isLevelEnabled('debug')) {
      // A line has its own time.
      const shown = toShown(takeRaw(exchange, number, texts));
      const { sentence, time, ...record } = shown.record;
      log.info({ started: time, ...record }, sentence);
    } else if (log.isLevelEnabled('info')) {
      const summary = summarize(exchange);
      log.info(summary, narrate(exchange, summary));
    }
  };
}

/** The same for something that was not a request. */
export function logUnreadable(log: Log): (unreadable: Unreadable, id: string) => void {
  let number = 0;
  return (unreadable, id) => {
    number += 1;
    const record = recordUnreadable({ id, number }, unreadable);
    const { address, method, path, query, status, unreadable: kind, sentence } = record;
    log.info({ id, address, method, path, query, status, unreadable: kind }, sentence);
  };
}

function summarize({ ctx, id, address, operation, status, duration, caller, fault }: Exchange) {
  const { method, querystring } = ctx;
  const secrets = secretsOf(operation, ctx.path);
  return {
    id,
    address,
    method,
    path: maskPath(ctx.path, secrets),
    query: maskQuery(querystring, secrets),
    status,
    duration: Math.round(duration * 100) / 100,
    who: whoOf(caller, ctx.state.voice, bearerIn(ctx.get('Authorization'))),
    operation: operation?.id,
    fault,
  };
}

/** The scheme of a token of v2; of other credentials nothing is read here. */
function bearerIn(authorization: string): string | undefined {
  return /^\s*bearer\b/i.exec(authorization)?.[0];
}

function narrate(
  { ctx, operation, complete }: Exchange,
  { method, path, query, status, who, fault }: ReturnType<typeof summarize>,
): string {
  const body = ctx.state.unaltered ?? ctx.body;
  return tell({
    method,
    path,
    query,
    operation,
    voice: ctx.state.voice,
    params: maskParams(ctx.params, secretsOf(operation, path)),
    status,
    complete,
    userAgent: ctx.get('User-Agent'),
    who,
    isBare: ctx.get('Authorization') === '',
    asksToken: ctx.get('X-Docker-Token') !== '',
    fault,
    requestBody: startText(ctx.state.received),
    reply: typeof body === 'string' ? body : '',
  });
}
