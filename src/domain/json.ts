import { errors, type HubError } from './errors.js';

/** How deep a body may nest; docker's deepest is an image json, at about five. */
const DEEPEST = 64;

/**
 * Parses a JSON body. Throws `notJson` (400), or another `refusal`, if it is not JSON, not UTF-8, nested so deep that
 * it can only be meant to hurt, or of more than `mostValues` values, which take long however short they are.
 */
export function parseJson(
  bytes: Uint8Array,
  refusal: () => HubError = errors.notJson,
  mostValues = Number.POSITIVE_INFINITY,
): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    const { depth, values } = shapeOf(text);
    if (depth <= DEEPEST && values <= mostValues) return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw refusal();
}

/** How deep brackets nest, outside of strings. */
export function nesting(text: string): number {
  return shapeOf(text).depth;
}

const [QUOTE, BACKSLASH, COMMA] = ['"', '\\', ','].map((each) => each.charCodeAt(0));
const [BRACE, BRACE_END, BRACKET, BRACKET_END] = ['{', '}', '[', ']'].map((each) =>
  each.charCodeAt(0),
);

/** How deep brackets nest, and about how many values there are, outside of strings. By codes, which is the fastest. */
function shapeOf(text: string): { readonly depth: number; readonly values: number } {
  let deepest = 0;
  let depth = 0;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COMMA) values += 1;
    else if (code === BRACE || code === BRACKET) {
      values += 1;
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (code === BRACE_END || code === BRACKET_END) depth -= 1;
  }
  return { depth: deepest, values };
}

/** Where a string ends that begins at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) {
    at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  }
  return at;
}
