import { CST, isAlias, isMap, isScalar, isSeq, Lexer, type Node, parseDocument, visit } from 'yaml';
import { nesting } from '../domain/json.js';
import { InvalidInput } from '../input/invalid-input.js';

/** How a seed is written. */
export type SeedFormat = 'json' | 'yaml';

/** A seed that was read, and where its fields stand. */
export interface SeedText {
  readonly value: unknown;
  /**
   * The line of a field such as `users[2].password`, or of what it is missing from; undefined where that
   * says nothing, as in a text of one line.
   */
  lineOf(field: string): number | undefined;
}

/**
 * In characters: a longer text would block the hub for seconds. JSON may be longer, but is then read
 * without the lines, for which it is read as YAML too.
 */
const LONGEST_YAML = 1024 * 1024;

/** Reads the text of a seed. Throws an InvalidInput that says the line, and never repeats the text. */
export function parseSeed(given: string, format: SeedFormat): SeedText {
  const text = given.replace(/^\ufeff/, '');
  const value = format === 'json' ? parseSeedJson(text) : parseSeedYaml(text);
  return { value, lineOf: (field) => lineOfField(text, field) };
}

/** Without the words of the parser, which repeat the text around, and perhaps a password. */
function parseSeedJson(text: string): unknown {
  if (nesting(text) > DEEPEST) throw new InvalidInput('', TOO_DEEP);
  try {
    return JSON.parse(text);
  } catch (error) {
    const [, place] = /at position (\d+)/.exec((error as Error).message) ?? [];
    const where = place === undefined ? '' : `, from line ${lineAt(text, +place)} on`;
    throw new InvalidInput('', `this is not JSON${where}`);
  }
}

function parseSeedYaml(text: string): unknown {
  refuseCostly(text);
  const document = readDocument(text);
  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new InvalidInput('', `${problem.message} (line ${lineAt(text, problem.pos[0])})`);
  }
  visit(document, {
    Map: (_, { items }) => {
      const names = new Set<unknown>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        // A tag such as 1.0 is not a number.
        if (key.source !== undefined) key.value = key.source;
        if (names.has(key.value)) {
          const line = lineAt(text, key.range?.[0] ?? 0);
          throw new InvalidInput('', `a field is there twice (line ${line})`);
        }
        names.add(key.value);
      }
    },
  });
  try {
    return document.toJS() ?? {};
  } catch (error) {
    // An alias of nothing, or too many of them.
    throw new InvalidInput('', (error as Error).message);
  }
}

/** Fields that are there twice are found above, in a time that grows with the text and not with its square. */
function readDocument(text: string) {
  return parseDocument(text, { prettyErrors: false, uniqueKeys: false });
}

/** No seed nests deeper, and the parser's time would grow with the square of it. */
const DEEPEST = 100;
const TOO_DEEP = 'this is nested too deeply';

/** What the lexer says beside the text: a document, the end of a flow, a scalar. */
const MARKS: ReadonlySet<string> = new Set([CST.DOCUMENT, CST.FLOW_END, CST.SCALAR]);

/** Throws an InvalidInput for what would keep the parser busy for ever: keys of several parts, deep nests. */
function refuseCostly(text: string): void {
  const costly = findCostly(text);
  if (costly === undefined) return;
  throw new InvalidInput('', `${costly.problem} (line ${lineAt(text, costly.place)})`);
}

function findCostly(text: string): { problem: string; place: number } | undefined {
  if (text.length > LONGEST_YAML) {
    return { problem: 'YAML may be 1 MiB long at most, JSON may be longer', place: 0 };
  }
  let place = 0;
  const nesting = new Nesting();
  for (const token of new Lexer().lex(text)) {
    const type = CST.tokenType(token);
    nesting.follow(type, token);
    if (nesting.depth > DEEPEST) return { problem: TOO_DEEP, place };
    if (type === 'explicit-key-ind') {
      return { problem: 'a key of the form "? key" is not understood here', place };
    }
    if (!MARKS.has(token)) place += token.length;
  }
  return undefined;
}

/** How deep what was read so far nests: in brackets, and in blocks, which begin in columns of their own. */
class Nesting {
  #brackets = 0;
  /** Where the blocks around begin, the innermost last. */
  readonly #columns: number[] = [];
  #column = 0;
  #isFirst = true;

  get depth(): number {
    return this.#brackets + this.#columns.length;
  }

  follow(type: CST.TokenType | null, token: string): void {
    if (MARKS.has(token)) return;
    if (type === 'flow-map-end' || type === 'flow-seq-end') this.#brackets -= 1;
    const isBlank = type === 'space' || type === 'newline' || type === 'comment';
    // Within brackets a line may begin in any column.
    if (!isBlank && this.#brackets <= 0) this.#place(type === 'seq-item-ind');
    if (type === 'flow-map-start' || type === 'flow-seq-start') this.#brackets += 1;
    const isLineEnd = token.endsWith('\n');
    this.#column = isLineEnd ? 0 : this.#column + token.length;
    this.#isFirst ||= isLineEnd;
  }

  /** Each item of a list is a block, also of several that begin on one line (`- - a`). */
  #place(isItem: boolean): void {
    if (!this.#isFirst && !isItem) return;
    while ((this.#columns.at(-1) ?? -1) >= this.#column) this.#columns.pop();
    this.#columns.push(this.#column);
    this.#isFirst = isItem;
  }
}

function lineAt(text: string, place: number): number {
  return text.slice(0, place).split('\n').length;
}

/** JSON is read as YAML here, which is what knows the places of its fields. */
function lineOfField(text: string, field: string): number | undefined {
  if (!text.trimEnd().includes('\n')) return undefined;
  if (findCostly(text) !== undefined) return undefined;
  const document = readDocument(text);
  let node: unknown = document.contents;
  let place = document.contents?.range?.[0] ?? 0;
  let rest = field;
  for (;;) {
    if (isAlias(node)) node = node.resolve(document);
    const step = stepInto(node, rest);
    if (step === undefined) return lineAt(text, place);
    ({ node, rest } = step);
    place = step.place ?? place;
  }
}

interface Step {
  readonly node: unknown;
  readonly place: number | undefined;
  readonly rest: string;
}

/** From a list or an object to what the field names in it. */
function stepInto(node: unknown, field: string): Step | undefined {
  if (isSeq(node)) {
    const [whole, place = ''] = /^\[(\d+)\]/.exec(field) ?? [];
    const item = node.items[Number(place)] as Node | undefined;
    if (whole === undefined || item === undefined) return undefined;
    return { node: item, place: item.range?.[0], rest: field.slice(whole.length) };
  }
  if (!isMap(node)) return undefined;
  const name = field.replace(/^\./, '');
  // The longest that fits, since a name can have a dot in it.
  const [found] = node.items
    .filter(({ key }) => isScalar(key) && begins(name, nameOf(key)))
    .sort((one, other) => nameOf(other.key).length - nameOf(one.key).length);
  if (found === undefined) return undefined;
  const { key, value } = found as { key: Node; value: unknown };
  return { node: value, place: key.range?.[0], rest: name.slice(nameOf(key).length) };
}

function nameOf(key: unknown): string {
  return isScalar(key) ? (key.source ?? String(key.value)) : '';
}

function begins(field: string, name: string): boolean {
  if (name === '' || !field.startsWith(name)) return false;
  return ['', '.', '['].includes(field.charAt(name.length));
}
