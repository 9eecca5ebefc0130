import type { Shown } from '../journal/journal.js';
import type { LiveStep } from './live-step.js';

/**
 * What the index and the registry of 2014, two servers, said to each other because of a step; one hub need not.
 */
export interface Talk {
  /** What the registry asked the index. */
  readonly question: 'token' | 'deletion';
  readonly method: 'GET' | 'PUT';
  readonly path: string;
  /** What the index said. */
  readonly yes: boolean;
}

/**
 * The registry asked the index about each token, by the images of its repository; about a delete token by `…/auth`
 * (protocol.md §0 fact 6, §1.5, §1.7, §2). Undefined where it asked nothing.
 */
export function talkOf({ record }: Shown, { lane, row, who }: LiveStep): Talk | undefined {
  if (row === undefined) return undefined;
  if (who.by === 'token' && (lane === 'registry' || row === 'deleteRepository')) {
    const repository = `/v1/repositories/${who.repository}`;
    return who.access === 'delete'
      ? { question: 'deletion', method: 'PUT', path: `${repository}/auth`, yes: true }
      : { question: 'token', method: 'GET', path: `${repository}/images`, yes: true };
  }
  const { authorization = '' } = record.headers;
  const isToken = lane === 'registry' && /^token\b/i.test(String(authorization));
  if (!isToken || record.status !== 401) return undefined;
  const [, said = ''] = String(authorization).split(/repository="?/i, 2);
  const [name = ''] = said.split(/[^\w./-]/, 1);
  const path = `/v1/repositories/${name.includes('/') ? name : '…'}/images`;
  return { question: 'token', method: 'GET', path, yes: false };
}
