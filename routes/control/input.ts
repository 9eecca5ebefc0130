import type { z } from 'zod';
import { parseJson } from '../../src/domain/json.js';
import type { Control } from '../../src/harness/control.js';
import { checkShape, InvalidInput } from '../../src/input/invalid-input.js';
import { readTime } from '../../src/input/time.js';
import type { Handler, HubContext, HubState } from '../../src/wire/context.js';
import { readBytes } from '../../src/wire/request-body.js';

/** What the handlers of /_hub are given besides what all are: what a test can do to the hub. */
export interface ControlState extends HubState {
  readonly control: Control;
}

/** What the request is about. */
export function controlOf({ state }: HubContext): Control {
  if (!isOfControl(state)) throw new Error('this is not a request of the control');
  return state.control;
}

function isOfControl(state: HubState): state is ControlState {
  return 'control' in state;
}

/** The JSON body, of the schema's shape; no body is `{}`. Throws an InvalidInput, or as `readBytes`. */
export async function readShape<S extends z.ZodType>(
  ctx: HubContext,
  schema: S,
): Promise<z.output<S>> {
  return checkShape(schema, await readValue(ctx));
}

/** The JSON body, of any type; no body is `{}`. Throws as `readBytes`, or `notJson`. */
export async function readValue(ctx: HubContext): Promise<unknown> {
  const bytes = await readBytes(ctx);
  return bytes.length === 0 ? {} : parseJson(bytes);
}

/** The body as text; no body is `{}`. Throws as `readBytes`, or an InvalidInput if it is not UTF-8. */
export async function readText(ctx: HubContext): Promise<string> {
  const bytes = await readBytes(ctx);
  if (bytes.length === 0) return '{}';
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidInput('', 'this is not UTF-8');
  }
}

/** A handler that takes no parameters: one that it would not heed is refused. */
export function withoutQuery(handler: Handler): Handler {
  return (ctx) => {
    new Query(ctx, []);
    return handler(ctx);
  };
}

/** The query, with the parameters that a request may have. */
export class Query {
  readonly #values: URLSearchParams;

  /** Throws an InvalidInput for a parameter that is not among `known`. */
  constructor(ctx: HubContext, known: readonly string[]) {
    this.#values = new URLSearchParams(ctx.querystring);
    const strange = [...this.#values.keys()].find((name) => !known.includes(name));
    if (strange === undefined) return;
    const only = known.length === 0 ? 'there are none here' : `only ${known.join(', ')}`;
    throw new InvalidInput(strange, `there is no such parameter, ${only}`);
  }

  /** Nothing, also for a parameter that is empty. */
  text(name: string): string | undefined {
    return this.#values.get(name) || undefined;
  }

  /** Throws an InvalidInput for anything but a number in the range. */
  wholeNumber(name: string, least: number, most: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidInput(name, `expected a whole number from ${least} to ${most}`);
  }

  /** Throws an InvalidInput for anything but a time. */
  time(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    // An unescaped + is a blank once a query is read.
    return readTime(name, /^\d+$/.test(text) ? Number(text) : text.replace(' ', '+'));
  }

  /** Throws an InvalidInput for what is neither. */
  boolean(name: string): boolean | undefined {
    const text = this.text(name);
    if (text === undefined || text === 'true' || text === 'false') return text && text === 'true';
    throw new InvalidInput(name, 'expected true or false');
  }
}
