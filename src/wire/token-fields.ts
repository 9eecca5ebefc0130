/** What a token says of itself; a field that it lacks is empty. */
export interface TokenFields {
  readonly signature: string;
  readonly repository: string;
  readonly access: string;
}

/**
 * Reads `signature=…,repository="…",access=…` as leniently as docker-registry did: with blanks, colons,
 * other orders, and anything in between (protocol.md §2).
 */
export function readTokenFields(text: string): TokenFields {
  const fields = { signature: '', repository: '', access: '' };
  const words = text.match(/[=:]|[^\s",=:]+/g) ?? [];
  for (const [at, word] of words.entries()) {
    const [name, sign, value] = [word.toLowerCase(), words[at + 1], words[at + 2]];
    if ((sign === '=' || sign === ':') && value !== undefined && Object.hasOwn(fields, name)) {
      fields[name as keyof TokenFields] = value;
    }
  }
  return fields;
}
