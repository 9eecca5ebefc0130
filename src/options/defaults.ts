import type { HubOptions } from './hub-options.js';

/** What holds where no option says otherwise; for the limits it is `DEFAULT_LIMITS`. */
export const DEFAULTS = {
  host: '127.0.0.1',
  registration: 'open',
  /** Seconds. */
  tokenTtl: 3600,
  bcryptRounds: 10,
  logFormat: 'json',
  /** Requests. */
  journal: 10_000,
} as const satisfies HubOptions;
