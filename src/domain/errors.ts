import { CATALOGUE, type ErrorEntry, type ErrorName } from '../errors/catalogue.js';

/** What an error is about: what its text is made of. */
type About<E> = E extends { readonly text: (...about: infer A) => string } ? A : [];

/**
 * A refusal the protocol knows, by its name in the catalogue. `message` is what the index says as a JSON string;
 * the registry says the same in `{"error": …}` unless it has words of its own.
 */
export class HubError<N extends ErrorName = ErrorName> extends Error {
  override readonly name = 'HubError';
  readonly id: N;
  readonly registryMessage: string;
  /** Seconds after which the same request may be answered otherwise. */
  readonly retryAfter: number | undefined;
  /** What objects say beside the text, which is recorded: the field of the body that is wrong, or what was seen. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(id: N, ...about: About<(typeof CATALOGUE)[N]>) {
    const { text, registry, retryAfter, details }: ErrorEntry = CATALOGUE[id];
    const said = about as never[];
    const message = typeof text === 'string' ? text : text(...said);
    super(message);
    this.id = id;
    this.registryMessage = registry ?? message;
    this.retryAfter = typeof retryAfter === 'function' ? retryAfter(...said) : retryAfter;
    this.details = details?.(...said) ?? {};
  }
}

type Makers = {
  readonly [N in ErrorName]: (...about: About<(typeof CATALOGUE)[N]>) => HubError;
};

/** Makes each error of the catalogue: `errors.tagMissing('latest')`. */
export const errors = Object.fromEntries(
  (Object.keys(CATALOGUE) as ErrorName[]).map((id) => [
    id,
    (...about: never) => new HubError(id, ...about),
  ]),
) as unknown as Makers;
