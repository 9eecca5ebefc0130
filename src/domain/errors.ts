/** What kind of refusal an error is; the wire gives each kind its status. */
export type ErrorKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'missing'
  | 'method'
  | 'conflict'
  | 'precondition'
  | 'too-large'
  | 'too-slow'
  | 'too-many'
  | 'busy'
  | 'disk-full'
  | 'closed';

/**
 * A refusal the protocol knows. `message` is what the index says as a JSON string; the registry says
 * the same in `{"error": …}` unless it has words of its own.
 */
export class HubError extends Error {
  override readonly name = 'HubError';
  readonly kind: ErrorKind;
  readonly registryMessage: string;
  /** Seconds after which the same request may be answered otherwise. */
  readonly retryAfter: number | undefined;
  /** The field of the body that is wrong, where the text, which is recorded, does not say. */
  readonly field: string | undefined;

  constructor(
    kind: ErrorKind,
    message: string,
    registryMessage = message,
    retryAfter?: number,
    field?: string,
  ) {
    super(message);
    this.kind = kind;
    this.registryMessage = registryMessage;
    this.retryAfter = retryAfter;
    this.field = field;
  }
}

/** Seconds in which a row of passwords is worked off, or nearly. */
const BUSY = 5;

function refusedFor(seconds: number, kind: ErrorKind, message: string): HubError {
  return new HubError(kind, message, message, seconds);
}

/** What the registry says to whoever has no right to ask (protocol.md §1.14). */
const REQUIRES_AUTHORIZATION = 'Requires authorization';

/**
 * The catalogue: every error of the API, once. Texts marked "recorded" are the real Hub's or the
 * real registry's (protocol.md §1.14, §3); clients compare some of them to the letter.
 */
export const errors = {
  // Requests that can't be understood.
  notJson: () => new HubError('invalid', 'The body is not valid JSON', 'Invalid JSON'),
  wrongBody: (expected: string) =>
    new HubError('invalid', `The body must be ${expected}`, 'Invalid data'),
  badName: (what: string, rule: string) => new HubError('invalid', `Wrong ${what}: ${rule}`),
  bodyTooLarge: (limit: number) =>
    new HubError('too-large', `The body is larger than ${limit} bytes`),
  bodyTooSlow: (seconds: number) =>
    new HubError('too-slow', `The body took longer than ${seconds} seconds`),
  unreadableBody: (reason: string) =>
    new HubError('invalid', `The body could not be read: ${reason}`),
  /** Nothing was changed; the same request goes through once there is room. */
  diskFull: () => new HubError('disk-full', 'The disk is full'),
  unknownPath: () => new HubError('missing', 'Not found'),
  preconditionFailed: () => new HubError('precondition', 'Precondition failed'),
  wrongMethod: () => new HubError('method', 'Method not allowed'),

  // The hub's own control, /_hub.
  controlOff: () => new HubError('missing', 'The control is off, start the hub with --control'),
  keyRequired: () => new HubError('unauthenticated', 'The header X-Hub-Key must have the key'),
  foreignPage: () => new HubError('forbidden', 'Web pages of another origin need a --control-key'),
  foreignHost: () =>
    new HubError(
      'forbidden',
      'Without a --control-key, Host must be localhost, 127.0.0.1 or [::1]',
    ),

  // Who is asking.
  loginRequired: () =>
    new HubError('unauthenticated', 'Authentication is required', REQUIRES_AUTHORIZATION),
  wrongLogin: () =>
    new HubError(
      'unauthenticated',
      'Wrong login/password, please try again',
      REQUIRES_AUTHORIZATION,
    ),
  badToken: () =>
    new HubError(
      'unauthenticated',
      'The token is not valid for this request',
      REQUIRES_AUTHORIZATION,
    ),
  oddAuthorization: () =>
    new HubError(
      'unauthenticated',
      'The Authorization header is neither Basic nor Token',
      REQUIRES_AUTHORIZATION,
    ),
  /** For whoever guesses passwords, and for a while (RFC 6585 §4). */
  tooManyLogins: (seconds: number) =>
    refusedFor(seconds, 'too-many', 'Too many failed logins, please try again later'),
  /** More passwords wait to be checked than can be in good time. */
  busy: () => refusedFor(BUSY, 'busy', 'The hub is busy, please try again later'),
  /** Recorded. */
  inactive: () => new HubError('forbidden', 'Account is not Active'),

  // Accounts.
  tooManyEmails: (limit: number) =>
    new HubError('invalid', `An account has at most ${limit} e-mail addresses`),
  missingField: (field: string) => new HubError('invalid', `Missing field: ${field}`),
  /** Recorded, 2015; the rule of 2013-14 that we keep also allows the underscore. */
  usernameFormat: () =>
    new HubError('invalid', 'Wrong username format (it has to match "^[a-z0-9]{4,30}$")'),
  usernameReserved: (name: string) =>
    new HubError('invalid', `The username ${name} is reserved, please choose another`),
  passwordFormat: () =>
    new HubError('invalid', 'Wrong password format (it has to be 5 characters to 72 bytes long)'),
  emailFormat: () =>
    new HubError('invalid', 'Wrong email format (it has to be like you@example.com)'),
  nothingToUpdate: () => new HubError('invalid', 'Nothing to update: give a password or an email'),
  /** Recorded; docker up to 1.10 logs in only if it reads exactly this (protocol.md §0.2). */
  accountTaken: () => new HubError('invalid', 'Username or email already exists'),
  registrationClosed: () => new HubError('closed', 'Registration is closed, please log in'),
  accountMissing: () => new HubError('missing', 'User not found'),
  notYourAccount: () => new HubError('forbidden', 'You can only update your own account'),

  // Repositories.
  /** What old dockers say themselves, kept as the Hub's answer where they do ask (protocol.md §5). */
  rootRepository: (username: string, name: string) =>
    new HubError(
      'forbidden',
      'Impossible to push a "root" repository. ' +
        `Please rename your repository in <user>/<repo> (ex: ${username}/${name})`,
    ),
  /** Recorded (moby#11052). */
  foreignNamespace: () =>
    new HubError('forbidden', 'Access Denied: Not allowed to create Repo at given location'),
  /** Recorded (Shippable/support#1289). */
  notYourRepository: () =>
    new HubError('forbidden', "Access denied, you don't have access to this repo"),
  repositoryMissing: () => new HubError('missing', 'Repository not found'),
  repositoryFull: (limit: number) =>
    new HubError('invalid', `A repository has room for ${limit} bytes of images and tags`),
  /** Documented for PUT …/auth (docker-io_api.md of moby 1.5.0). */
  authDenied: () => new HubError('forbidden', 'Permission denied'),
  authMissing: () => new HubError('missing', 'Not found'),

  // Tags.
  tagName: () => new HubError('invalid', 'Invalid tag name (must match ^[\\w][\\w.-]{0,127}$)'),
  tagMissing: (tag?: string) =>
    new HubError('missing', tag === undefined ? 'Tag not found' : `Tag not found: ${tag}`),
  invalidData: (field?: string) =>
    new HubError('invalid', 'Invalid data', undefined, undefined, field),

  // Images: recorded in docker-registry (protocol.md §3).
  imageId: () => new HubError('missing', 'Invalid image ID'),
  imageMissing: () => new HubError('missing', 'Image not found'),
  imageInProgress: () => new HubError('invalid', 'Image is being uploaded, retry later'),
  imageExists: () => new HubError('conflict', 'Image already exists'),
  imageJsonInvalid: () => new HubError('invalid', 'Invalid JSON'),
  imageJsonWithoutId: () => new HubError('invalid', "Missing key `id' in JSON"),
  imageJsonWrongId: () => new HubError('invalid', 'JSON data contains invalid id'),
  imageNotListed: () => new HubError('invalid', 'This image does not belong to the repository'),
  parentMissing: () => new HubError('invalid', 'Image depends on a non existing parent'),
  parentUnauthorized: () => new HubError('invalid', 'Image depends on an unauthorized parent'),
  ancestryTooLong: (limit: number) =>
    new HubError('invalid', `An image has at most ${limit} ancestors`),
  layerTooLarge: (limit: number) => new HubError('too-large', `A layer has at most ${limit} bytes`),
  layerFormat: () => new HubError('invalid', 'Layer format not supported'),
  /** It is kept and handed out as it came, but not looked into; `reason` is a sentence. */
  layerExcess: (reason: string) => new HubError('invalid', reason),
  checksumMissing: () => new HubError('invalid', "Missing Image's checksum"),
  checksumMismatch: () => new HubError('invalid', 'Checksum mismatch'),
  checksumRefused: () => new HubError('conflict', 'Cannot set this image checksum'),
} as const;
