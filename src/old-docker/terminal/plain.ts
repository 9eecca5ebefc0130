const SPACE = 0x20;
const DELETE = 0x7f;
const LAST_CONTROL = 0x9f;

/** A text of a server's, without what a terminal would obey: each control letter but line ends and tabs is `?`. */
export function plain(text: string): string {
  return [...text].map((letter) => (isObeyed(letter) ? '?' : letter)).join('');
}

function isObeyed(letter: string): boolean {
  if (letter === '\n' || letter === '\t' || letter === '\r') return false;
  const code = letter.codePointAt(0) ?? SPACE;
  return code < SPACE || (code >= DELETE && code <= LAST_CONTROL);
}
