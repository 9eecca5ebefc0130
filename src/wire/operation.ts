/**
 * The dialects of the API: the index speaks JSON strings, the registry `{"error": …}`, the registry of today
 * `{"errors": [{"code": …}]}`. The hub's own control speaks the JSON of today, and the web speaks to people in HTML.
 */
export type Voice = 'index' | 'registry' | 'v2' | 'control' | 'web';

/**
 * Who answers on a route: of those that both had, the registry answers those who bring its token; of those that
 * a person may open in a browser, the web answers those who take HTML.
 */
export type RouteVoice = Voice | 'by credentials' | 'by accept';

/**
 * Where a secret may stand: in a part of a request, such as a password that somebody put there, or in the answer, such
 * as a token.
 */
export type SecretPlace = 'path' | 'query' | 'body' | 'answer';

/** What a route's row says of its requests, for the journal, the masking, the metrics and the faults. */
export interface Operation {
  /** The operationId in openapi.yaml. */
  readonly id: string;
  /** The id of the row: of `listLibraryImages` it is `listImages`, of most others their own. */
  readonly row: string;
  /** The pattern of its paths, in the notation of @koa/router; `{/}` is a slash that may be there or not. */
  readonly path: string;
  readonly voice: RouteVoice;
  /** Where secrets may stand, besides fields that are secret by their name. */
  readonly secrets: readonly SecretPlace[];
}
