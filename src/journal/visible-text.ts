/**
 * What a terminal or an editor would act on instead of showing it: control characters (ESC begins commands
 * to the terminal, and so does U+009B), what turns the direction of a text around, line separators, and
 * what has no width. A tab stays. Surrogates are those without their other half.
 */
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it is about
  /[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Cs}]/gu;

/** The same among what JSON leaves as it is. */
const INVISIBLE_IN_JSON =
  /[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Cs}]/gu;

/** A text from anybody as one line that is safe to show on a terminal: `\x1b[2J`, `\u202e`. */
export function visible(text: string): string {
  return text.replace(INVISIBLE, escapeCharacter);
}

/** JSON on one line, of the same meaning, that is safe to show on a terminal. */
export function visibleJson(json: string): string {
  return json.replace(INVISIBLE_IN_JSON, (each) => `\\u${hex(each, 4)}`);
}

function escapeCharacter(each: string): string {
  if (each === '\n') return '\\n';
  if (each === '\r') return '\\r';
  return each.charCodeAt(0) < 0x100 ? `\\x${hex(each, 2)}` : `\\u${hex(each, 4)}`;
}

function hex(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}
