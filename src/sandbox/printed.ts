import type { Shown } from '../journal/journal.js';
import type { JournalRecord } from '../journal/journal-record.js';
import { type Step, saidIn } from '../journal/step.js';
import { findsNoV2, manifestOf } from '../journal/v2-facts.js';

/**
 * What a docker of 1.0 to 1.9 prints because of an answer (protocol.md §1.1, §1.2, §1.4, §1.6, clients.md
 * "What they say on errors"); undefined where it prints nothing that is known.
 */
export function printedOf({ record, step }: Shown): string | undefined {
  const { operation, params, status, reply } = step ?? {};
  if (operation === undefined || status === undefined) return undefined;
  if (step !== undefined && step.voice === 'v2') return printedToday(record, step);
  const repository = [params?.namespace, params?.repository].filter(Boolean).join('/');
  const lines = PRINTED[operation.row];
  const print = lines?.[status] ?? (status >= 400 ? lines?.other : undefined);
  return print?.({
    repository,
    image: (params?.id ?? '').slice(0, 12),
    tag: params?.tag ?? '',
    body: record.responseBody.text ?? '',
    said: saidIn(reply ?? ''),
    status,
  });
}

/** What docker 20.10 to 28 print where it was measured (v2.md §2), with the graph store. */
function printedToday({ responseHeaders, body }: JournalRecord, step: Step): string | undefined {
  const { operation, status, userAgent, reply, params } = step;
  if (!userAgent.startsWith('docker/') || findsNoV2(step)) return undefined;
  const name = [params.namespace, params.repository].filter(Boolean).join('/');
  const said = saidIn(reply);
  switch (`${operation?.row} ${status}`) {
    case 'probeV2 200':
      return step.who.by === 'bearer' ? 'Login Succeeded' : '';
    case 'getManifest 404':
      return `Error response from daemon: manifest for ${manifestOf(step).name} not found: manifest unknown: ${said}`;
    case 'getManifest 403':
      return `Error response from daemon: pull access denied for ${name}, repository does not exist or may require 'docker login': denied: ${said}`;
    case 'beginUpload 403':
    case 'putManifest 403':
      return `denied: ${said}`;
    case 'putManifest 400':
      return `manifest invalid: ${said}`;
    case 'putManifest 201': {
      const { tag } = manifestOf(step);
      const digest = String(responseHeaders['docker-content-digest'] ?? '');
      return tag === undefined ? '' : `${tag}: digest: ${digest} size: ${body.size}`;
    }
    default:
      return undefined;
  }
}

interface About {
  readonly repository: string;
  readonly image: string;
  readonly tag: string;
  /** The answer as it was sent, and what it says. */
  readonly body: string;
  readonly said: string;
  readonly status: number;
}

type Print = (about: About) => string;

const PRINTED: Readonly<
  Record<string, { readonly [status: number]: Print; readonly other?: Print }>
> = {
  register: {
    201: () =>
      'Account created. Please use the confirmation link we sent to your e-mail to activate it.',
    400: ({ said, body }) =>
      // It logs in next, and prints nothing yet.
      said.includes('already exists') ? '' : `Registration: ${body}`,
  },
  logIn: {
    200: () => 'Login Succeeded',
    401: () => 'Wrong login/password, please try again',
    403: () => 'Login: Account is not Active. Please check your e-mail for a confirmation link.',
  },
  createRepository: {
    200: ({ repository }) => `Sending image list\nPushing repository ${repository}`,
    other: ({ status, repository, body }) =>
      `Error: Status ${status} trying to push repository ${repository}: ${body}`,
  },
  putImageJson: { 200: ({ image }) => `${image}: Pushing` },
  putLayer: { 200: ({ image }) => `${image}: Pushing [=====>]` },
  putChecksum: { 200: ({ image }) => `${image}: Image successfully pushed` },
  listImages: {
    200: ({ repository }) => `Pulling repository ${repository}`,
    401: () => 'Authentication is required.',
    404: ({ repository }) => `Error: image ${repository} not found`,
    other: ({ status }) => `HTTP code: ${status}`,
  },
  listTags: { 404: () => 'Repository not found' },
  getAncestry: { 200: ({ image }) => `${image}: Pulling dependent layers` },
  getImageJson: {},
  getLayer: { 200: ({ image }) => `${image}: Download complete` },
  search: { other: ({ status }) => `Unexpected status code ${status}` },
};
