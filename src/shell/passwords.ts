const MASK = '***';

/** A line as it is shown and remembered: without the passwords that `docker login` and `curl` are given. */
export function withoutPasswords(line: string): string {
  const isLogin = /\blogin\b/.test(line);
  const pieces = piecesOf(line);
  let option: Valued | undefined;
  return pieces
    .map((piece) => {
      if (isBlank(piece)) return piece;
      const before = option;
      option = undefined;
      if (before !== undefined) return maskedValue(before, piece);
      // Quotes may stand around an option, or in the middle of it.
      const word = piece.replaceAll(/["'\\]/g, '');
      option = optionOf(word, isLogin);
      if (option !== undefined) return piece;
      const joined = maskedJoined(word, isLogin);
      return joined === undefined || joined === word ? maskedAddress(piece) : joined;
    })
    .join('');
}

/** curl's flags that have no value may stand before one that has, in one word: `-siu name:secret`. */
const USER = /^(?:--user|-[iIsS]{0,8}u)$/;
const HEADER = /^(?:--header|-[iIsS]{0,8}H)$/;
const DATA = /^(?:--data|--data-binary|-[iIsS]{0,8}d)$/;

type Valued = 'user' | 'header' | 'data' | 'password';

/** The option whose value the next word is. */
function optionOf(word: string, isLogin: boolean): Valued | undefined {
  if (isLogin && (word === '-p' || word === '--password')) return 'password';
  if (USER.test(word)) return 'user';
  if (HEADER.test(word)) return 'header';
  return DATA.test(word) ? 'data' : undefined;
}

/** A value as it may be shown. */
function maskedValue(option: Valued, value: string): string {
  if (option === 'password') return MASK;
  if (option === 'user') return withoutPassword(value);
  if (!SECRET.test(value)) return value;
  return option === 'header' ? withoutPassword(value) : MASK;
}

/** What a header or a body has in it that may hold a secret. */
const SECRET = /pass|pwd|secret|token|auth/i;

const USER_JOINED = /^(--user=|-[iIsS]{0,8}u=?)./;
const HEADER_JOINED = /^(--header=|-[iIsS]{0,8}H)./;
const DATA_JOINED = /^(--data=|--data-binary=|-[iIsS]{0,8}d)./;
const PASSWORD_JOINED = /^(--password=|-p=?)./;

/** An option and its value in one word, such as `-psecret` and `--user=name:secret`; undefined for anything else. */
function maskedJoined(word: string, isLogin: boolean): string | undefined {
  const forms: readonly (readonly [Valued, RegExp])[] = [
    ['user', USER_JOINED],
    ['header', HEADER_JOINED],
    ['data', DATA_JOINED],
    ...(isLogin ? [['password', PASSWORD_JOINED] as const] : []),
  ];
  for (const [option, form] of forms) {
    const [, name] = form.exec(word) ?? [];
    if (name !== undefined) return name + maskedValue(option, word.slice(name.length));
  }
  return undefined;
}

/** A login in an address: `http://name:***@host/`. */
function maskedAddress(word: string): string {
  const start = word.indexOf('://') + 3;
  const end = word.lastIndexOf('@');
  if (start < 3 || end < start) return word;
  return `${word.slice(0, start)}${withoutPassword(word.slice(start, end))}${word.slice(end)}`;
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
