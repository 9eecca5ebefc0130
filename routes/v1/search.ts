import type { SearchResult } from '../../src/domain/search/search.js';
import { answerIndex } from '../../src/wire/answers.js';
import type { HubContext } from '../../src/wire/context.js';
import { identify } from '../../src/wire/credentials.js';
import { toPythonJson, WrittenJson } from '../../src/wire/json.js';
import { isIndexName } from '../../src/wire/official-names.js';
import { wantsTextResults } from '../../src/wire/user-agent.js';

const DEFAULT_SIZE = 25;
const LARGEST_SIZE = 100;

/** GET /v1/search?q=&n=&page= (protocol.md §4) */
export async function search(ctx: HubContext): Promise<void> {
  await identify(ctx);
  const query = new URLSearchParams(ctx.querystring);
  const wanted = query.get('page');
  const found = ctx.state.domain.search.find({
    text: query.get('q') ?? '',
    size: Math.min(wholeNumber(query.get('n'), DEFAULT_SIZE), LARGEST_SIZE),
    page: wholeNumber(wanted, 1),
  });
  const results = wantsTextResults(ctx.get('User-Agent'))
    ? found.results.map(textResult)
    : found.results.map((each) => new WrittenJson(ctx.state.written.of(each, toPythonJson)));
  // The real one wrote a page that was asked for as the text that it was (protocol.md §4).
  const page = wanted !== null && isIndexName(ctx.hostname) ? String(found.page) : found.page;
  answerIndex(ctx, 200, { ...found, results, page });
}

/** A number from 1 on; anything else means the default. */
function wholeNumber(text: string | null, otherwise: number): number {
  const number = Number(text ?? '');
  return Number.isSafeInteger(number) && number >= 1 ? number : otherwise;
}

function textResult(result: SearchResult): Record<string, string> {
  return Object.fromEntries(Object.entries(result).map(([field, value]) => [field, String(value)]));
}
