import { isSecretParameter, maskHeaders } from '../journal/masking.js';
import type { Fault, FaultMatch } from './fault-rule.js';

/** A rule as everybody may see it. */
export function shown(fault: Fault): Fault {
  const { match, then } = fault;
  if (match === undefined && then.headers === undefined) return fault;
  return {
    ...fault,
    ...(match === undefined ? {} : { match: shownMatch(match) }),
    // biome-ignore lint/suspicious/noThenProperty: the word that rules are written with, and never awaited
    then: then.headers === undefined ? then : { ...then, headers: shownHeaders(then.headers) },
  };
}

function shownMatch(match: FaultMatch): FaultMatch {
  const { query, headers, body } = match;
  return {
    ...match,
    ...(query === undefined ? {} : { query: shownQuery(query) }),
    ...(headers === undefined ? {} : { headers: shownHeaders(headers) }),
    // It may be a password as well as anything else.
    ...(body === undefined ? {} : { body: '***' }),
  };
}

type Wanted = Readonly<Record<string, string | null>>;

function shownQuery(query: Wanted): Wanted {
  return mapped(query, (name, value) => (isSecretParameter(name) ? '***' : value));
}

function shownHeaders(headers: Wanted): Wanted {
  return mapped(headers, (name, value) => {
    const masked = maskHeaders(new Map([[name.toLowerCase(), value]]));
    return String(masked[name.toLowerCase()]);
  });
}

function mapped(all: Wanted, show: (name: string, value: string) => string): Wanted {
  const isOpen = (value: string | null): value is null | '*' => value === null || value === '*';
  return Object.fromEntries(
    Object.entries(all).map(([name, value]) => [name, isOpen(value) ? value : show(name, value)]),
  );
}
