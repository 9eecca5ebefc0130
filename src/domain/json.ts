import { errors, type HubError } from './errors.js';

/** How deep a body may nest; docker's deepest is an image json, at about five. */
const DEEPEST = 64;

/**
 * Parses a JSON body. Throws `notJson` (400), or another `refusal`, if it is not JSON, not UTF-8, or
 * nested so deep that it can only be meant to hurt.
 */
export function parseJson(bytes: Uint8Array, refusal: () => HubError = errors.notJson): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (nesting(text) <= DEEPEST) return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw refusal();
}

/** How deep brackets nest, outside of strings. */
export function nesting(text: string): number {
  let deepest = 0;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (inString) {
      if (character === '\\') at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') {
      inString = true;
    } else if (character === '{' || character === '[') {
      depth += 1;
      if (depth > deepest) deepest = depth;
    } else if (character === '}' || character === ']') {
      depth -= 1;
    }
  }
  return deepest;
}
