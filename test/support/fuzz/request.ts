import type { Header, WireRequest } from './client.js';

/** What is done to a token before it is sent. */
export const TOKEN_TWISTS = [
  'none',
  'twice',
  'blanks',
  'colons',
  'order',
  'flipped',
  'other access',
  'other repository',
  'cut',
] as const;
export type TokenTwist = (typeof TOKEN_TWISTS)[number];

/** The same for a token of v2. */
export const BEARER_TWISTS = ['none', 'flipped', 'cut', 'as Token', 'other bearer'] as const;
export type BearerTwist = (typeof BEARER_TWISTS)[number];

/** Who a request says it is from. A token is only known once the hub has given it out. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'basic'; readonly username: string; readonly password: string }
  | { readonly kind: 'odd'; readonly text: string }
  | {
      readonly kind: 'token';
      readonly repository: string;
      readonly access: string;
      readonly twist: TokenTwist;
    }
  | { readonly kind: 'bearer'; readonly repository: string; readonly twist: BearerTwist };

/** A request as it is made up: complete but for the token. */
export interface FuzzRequest extends WireRequest {
  readonly auth: Credential;
}

/** One request of several that build on each other. */
export function step(
  method: string,
  path: string,
  auth: Credential,
  headers: readonly Header[] = [],
  body?: string | Buffer,
): FuzzRequest {
  const request = { method, path, auth, headers };
  return body === undefined ? request : { ...request, body: [Buffer.from(body)] };
}

/** How much of a long text is shown. */
const SHOWN = { body: 400, header: 100 };

/** A request as somebody would have to send it again. */
export function showRequest(request: WireRequest | FuzzRequest): string {
  const { method, path, headers, body, chunked, cutAt } = request;
  const lines = headers.map(([name, value]: Header) => `  ${name}: ${show(value, SHOWN.header)}`);
  const auth = 'auth' in request ? [`  (credentials) ${JSON.stringify(request.auth)}`] : [];
  const bytes = Buffer.concat(body ?? []);
  const how = `${bytes.length} bytes${chunked ? ' in chunks' : ''}${cutAt === undefined ? '' : `, cut at ${cutAt}`}`;
  const shown =
    body === undefined ? [] : [`  (body, ${how}) ${show(bytes.toString('latin1'), SHOWN.body)}`];
  return [`${method} ${show(path, SHOWN.body)}`, ...auth, ...lines, ...shown].join('\n');
}

function show(text: string, most: number): string {
  const start = JSON.stringify(text.slice(0, most)).slice(1, -1);
  return text.length > most ? `${start}… (${text.length} characters)` : start;
}
