/* A line of a shell taken apart, as far as it is words, quotes, `>` and what joins commands. */

/** Words of one command, and the file that its output goes to. */
export interface SimpleCommand {
  readonly words: readonly string[];
  readonly output?: { readonly path: string; readonly appends: boolean };
}

/** What a shell would look at: variables, patterns, pipes and the like. */
const SPECIAL = new Set([
  '$',
  '`',
  '|',
  '<',
  '*',
  '?',
  '[',
  '(',
  ')',
  '{',
  '}',
  '!',
  '\\',
  '~',
  '#',
]);

/** Whether a letter that a shell looks at is only itself, after `word` and before `next` (empty at the end). */
type StandsForItself = (letter: string, word: string, next: string) => boolean;

/** Takes `a && b; c` apart; undefined where it is more than words, quotes and `>`. */
export function parseShell(
  line: string,
  standsForItself: StandsForItself = () => false,
): SimpleCommand[] | undefined {
  const tokens = tokensOf(line, standsForItself);
  if (tokens === undefined) return undefined;
  const commands: SimpleCommand[] = [];
  let words: string[] = [];
  let output: SimpleCommand['output'];
  for (let at = 0; at <= tokens.length; at += 1) {
    const token = tokens[at];
    if (token === undefined || token.operator === '&&' || token.operator === ';') {
      if (words.length > 0) commands.push({ words, ...(output && { output }) });
      else if (token !== undefined) return undefined;
      words = [];
      output = undefined;
    } else if (token.operator === undefined) {
      words.push(token.text);
    } else {
      const path = tokens[at + 1];
      if (path === undefined || path.operator !== undefined || output !== undefined)
        return undefined;
      output = { path: path.text, appends: token.operator === '>>' };
      at += 1;
    }
  }
  return commands;
}

interface Token {
  readonly text: string;
  readonly operator?: '&&' | ';' | '>' | '>>';
}

function tokensOf(line: string, standsForItself: StandsForItself): Token[] | undefined {
  const tokens: Token[] = [];
  let word: string | undefined;
  const end = (): void => {
    if (word !== undefined) tokens.push({ text: word });
    word = undefined;
  };
  for (let at = 0; at < line.length; at += 1) {
    const letter = line.charAt(at);
    const pair = line.slice(at, at + 2);
    if (letter === "'" || letter === '"') {
      const close = line.indexOf(letter, at + 1);
      const text = line.slice(at + 1, close);
      if (close < 0 || (letter === '"' && /[$`\\]/.test(text))) return undefined;
      word = (word ?? '') + text;
      at = close;
    } else if (letter === ' ' || letter === '\t' || letter === '\n') {
      end();
    } else if (pair === '&&' || pair === '>>') {
      end();
      tokens.push({ text: pair, operator: pair });
      at += 1;
    } else if (letter === ';' || letter === '>') {
      // `2>` is about another stream.
      if (letter === '>' && word !== undefined && /^\d$/.test(word)) return undefined;
      end();
      tokens.push({ text: letter, operator: letter });
    } else if (
      letter === '&' ||
      (SPECIAL.has(letter) && !standsForItself(letter, word ?? '', line.charAt(at + 1)))
    ) {
      return undefined;
    } else {
      word = (word ?? '') + letter;
    }
  }
  end();
  return tokens;
}
