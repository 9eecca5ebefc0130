import type { RepositoryDocument } from '../../storage/documents/documents.js';
import { errors } from '../errors.js';
import { isTokenFor } from './access.js';
import type { Token } from './tokens.js';

/** How many used tokens a repository remembers; of more, the oldest are forgotten. */
const MOST_SPENT = 1000;

/** Whether a delete token was used. */
export function isSpent(token: Token, repository: RepositoryDocument): boolean {
  return repository.spent?.includes(token.signature) === true;
}

/** Passes a token of this repository that was not used. Throws `badToken`. */
export function requireUnspent(token: Token, repository: RepositoryDocument): void {
  if (!isTokenFor(token, repository) || isSpent(token, repository)) throw errors.badToken();
}

/** The repository, and the token used. Throws `badToken`. */
export function withSpent(repository: RepositoryDocument, token: Token): RepositoryDocument {
  requireUnspent(token, repository);
  const spent = [...(repository.spent ?? []), token.signature].slice(-MOST_SPENT);
  return { ...repository, spent };
}
