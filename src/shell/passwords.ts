const MASK = '***';

/** A line as it is shown and remembered: without the passwords that `docker login` and `curl` are given. */
export function withoutPasswords(line: string): string {
  const isLogin = /\blogin\b/.test(line);
  const pieces = piecesOf(line);
  let option = '';
  return pieces
    .map((piece) => {
      if (isBlank(piece)) return piece;
      const before = option;
      option = '';
      if (before === 'password') return MASK;
      if (before === 'user') return withoutPassword(piece);
      if (isLogin && (piece === '-p' || piece === '--password')) option = 'password';
      else if (piece === '-u' || piece === '--user') option = 'user';
      else return masked(piece, isLogin);
      return piece;
    })
    .join('');
}

/** An option and its value in one word, such as `-psecret` and `--user=name:secret`. */
function masked(piece: string, isLogin: boolean): string {
  const [name = ''] = /^(?:--password=|-p=?|--user=|-u=?)/.exec(piece) ?? [];
  if (name === '' || piece.length === name.length) return piece;
  if (name.startsWith('--u') || name.startsWith('-u')) {
    return name + withoutPassword(piece.slice(name.length));
  }
  return isLogin ? name + MASK : piece;
}

/** `name:***` */
function withoutPassword(login: string): string {
  const colon = login.indexOf(':');
  return colon === -1 ? login : `${login.slice(0, colon + 1)}${MASK}`;
}

/** The words of a line with their quotes, and the blanks between them. */
function piecesOf(line: string): string[] {
  const pieces: string[] = [];
  let [word, quote] = ['', ''];
  for (const character of line) {
    if (quote === '' && isBlank(character)) {
      pieces.push(word, character);
      word = '';
      continue;
    }
    if (quote === '' && (character === '"' || character === "'")) quote = character;
    else if (character === quote) quote = '';
    word += character;
  }
  return [...pieces, word].filter((piece) => piece !== '');
}

function isBlank(piece: string): boolean {
  return piece.trim() === '';
}
