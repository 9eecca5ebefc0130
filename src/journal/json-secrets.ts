/*
 * The values of a JSON text that nobody may see. The text is read from its start to its end, once, and
 * what is shown of it stays as it was sent.
 */

/**
 * Replaces the value of each field whose name, quotes included, is a secret's by `mask`; of an object or
 * a list, and of all that comes after it, nothing is shown. `text` is valid JSON.
 */
export function maskFields(
  text: string,
  isSecret: (name: string) => boolean,
  mask: string,
): string {
  let masked = '';
  let at = 0;
  for (;;) {
    const name = text.indexOf('"', at);
    if (name === -1) return masked + text.slice(at);
    const end = endOfString(text, name);
    const value = startOfValue(text, end);
    if (value !== undefined && isSecret(text.slice(name, end))) {
      masked += `${text.slice(at, value)}"${mask}"`;
      at = endOfValue(text, value);
    } else {
      masked += text.slice(at, end);
      at = end;
    }
  }
}

/** Behind the quote that ends a string. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

/** Where the value of a field begins; undefined where the string before is not a field's name. */
function startOfValue(text: string, from: number): number | undefined {
  const colon = behindBlanks(text, from);
  return text[colon] === ':' ? behindBlanks(text, colon + 1) : undefined;
}

function behindBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\r\n'.includes(text.charAt(at))) at += 1;
  return at;
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first === '{' || first === '[') return text.length;
  let at = start;
  while (at < text.length && !' \t\r\n,}]'.includes(text.charAt(at))) at += 1;
  return at;
}
