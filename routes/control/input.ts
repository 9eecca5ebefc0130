import type { z } from 'zod';
import { parseJson } from '../../src/domain/json.js';
import type { Control } from '../../src/harness/control.js';
import { checkShape, InvalidInput } from '../../src/input/invalid-input.js';
import type { HubContext, HubState } from '../../src/wire/context.js';
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
