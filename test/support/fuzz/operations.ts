/*
 * What openapi.yaml says there is to ask: every operation with its parameters and its body.
 */
import { field, METHODS, OpenApi, type Place } from '../contract.js';

/** One method on one path. */
export interface Operation {
  readonly id: string;
  readonly method: string;
  /** Such as `/v1/users/{username}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** The bodies it takes, by their type. */
  readonly bodies: readonly { readonly type: string; readonly schema: Place | undefined }[];
  /** The statuses it can answer. */
  readonly statuses: readonly number[];
}

export interface Parameter {
  readonly name: string;
  readonly place: 'path' | 'query' | 'header';
  readonly schema: Place;
}

/** All operations, in the order of the document. */
export function readOperations(api: OpenApi = new OpenApi()): Operation[] {
  return api.children(api.child(api.root, 'paths')).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = api.child(item, method);
      return operation === undefined ? [] : [newOperation(api, path, method, item, operation)];
    }),
  );
}

function newOperation(
  api: OpenApi,
  path: string,
  method: string,
  item: Place,
  operation: Place,
): Operation {
  const parameters = [item, operation].flatMap((place) =>
    api.elements(api.child(place, 'parameters')),
  );
  const request = api.child(operation, 'requestBody');
  const content = request && api.child(request, 'content');
  return {
    id: String(field(operation, 'operationId')),
    method: method.toUpperCase(),
    path,
    parameters: parameters.flatMap((place) => newParameter(api, place)),
    bodies: api
      .children(content)
      .map(([type, media]) => ({ type, schema: api.child(media, 'schema') })),
    statuses: api.children(api.child(operation, 'responses')).map(([status]) => Number(status)),
  };
}

function newParameter(api: OpenApi, place: Place): Parameter[] {
  const schema = api.child(place, 'schema');
  const where = field(place, 'in');
  if (schema === undefined) return [];
  if (where !== 'path' && where !== 'query' && where !== 'header') return [];
  return [{ name: String(field(place, 'name')), place: where, schema }];
}
