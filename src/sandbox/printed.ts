import type { Shown } from '../journal/journal.js';
import { saidIn } from '../journal/step.js';

/**
 * What a docker of 1.0 to 1.9 prints because of an answer (protocol.md §1.1, §1.2, §1.4, §1.6, clients.md
 * "What they say on errors"); undefined where it prints nothing that is known.
 */
export function printedOf({ record, step }: Shown): string | undefined {
  const { operation, params, status, reply } = step ?? {};
  if (operation === undefined || status === undefined) return undefined;
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
      // It goes on to log in, and says nothing yet.
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
