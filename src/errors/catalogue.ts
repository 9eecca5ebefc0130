/*
 * Every error that the hub answers, once: its status, its challenge, its text in each dialect, and where the text
 * comes from. The rules throw them by name (src/domain/errors.ts) and know neither status nor challenge;
 * src/wire/error-answers.ts is the one place that writes them.
 */

/** What `WWW-Authenticate` says, by who is spoken to. */
export interface Challenge {
  readonly v1?: string;
  readonly v2?: string;
  readonly control?: string;
}

/** The codes of the Registry HTTP API v2 (v2.md §3). */
export type V2Code =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'PAGINATION_NUMBER_INVALID'
  | 'SIZE_INVALID'
  | 'TAG_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNAUTHORIZED'
  | 'UNAVAILABLE'
  | 'UNKNOWN'
  | 'UNSUPPORTED';

/** A text, or how it is made of what the error is about. */
type Text = string | ((...about: never[]) => string);

export interface ErrorEntry {
  readonly status: number;
  /** What a client is asked for that could do better; for a 401. */
  readonly challenge?: Challenge;
  /** What the index says as a JSON string, the control as `{"error": …}`, and the registry where it has no words of its own. */
  readonly text: Text;
  /** What the registry says in `{"error": …}`, where that is something else. */
  readonly registry?: string;
  /** Seconds after which the same request may be answered otherwise. */
  readonly retryAfter?: number | ((...about: never[]) => number);
  /** What the answer's object has beside the text, such as the field of the body that is wrong. */
  readonly details?: (...about: never[]) => Readonly<Record<string, unknown>>;
  /** The code that v2 gives it, where that does not follow from the status. */
  readonly code?: V2Code;
  /** Where it is not JSON: `text/plain`, or nothing at all. */
  readonly form?: 'plain text' | 'nothing';
  /** The section of a document in docs/ that has the text or its status, an RFC, or `ours`. */
  readonly source: string;
}

/**
 * Every scheme that is taken (RFC 9110 §11.6.1), as hub_registry_spec.md of moby 1.5.0 has it. The registry
 * said no more than `Token`, so that what waits to be asked for a password never sent one: wget, urllib,
 * browsers, Java. No docker looks at the challenge of a v1 answer.
 */
const PASSWORD = {
  v1: 'Basic realm="auth required",Token',
  v2: 'Basic realm="hub-v1"',
} as const satisfies Challenge;

const KEY = { control: 'Key header="X-Hub-Key"' } as const satisfies Challenge;

/** What the registry says to those who have no right to ask (protocol.md §1.14). */
const REQUIRES_AUTHORIZATION = 'Requires authorization';

const OURS = 'ours';
const MATRIX = 'protocol.md §1.14';
const REGISTER = 'protocol.md §1.2';
const REGISTRY = 'protocol.md §3';

/** Seconds in which a row of passwords is worked off, or nearly. */
const BUSY = 5;

export const CATALOGUE = {
  // Requests that can't be understood.
  notJson: {
    status: 400,
    text: 'The body is not valid JSON',
    registry: 'Invalid JSON',
    source: REGISTRY,
  },
  wrongBody: {
    status: 400,
    text: (expected: string) => `The body must be ${expected}`,
    registry: 'Invalid data',
    source: OURS,
  },
  badName: {
    status: 400,
    text: (what: string, rule: string) => `Wrong ${what}: ${rule}`,
    code: 'NAME_INVALID',
    source: OURS,
  },
  bodyTooLarge: {
    status: 413,
    code: 'UNSUPPORTED',
    text: (limit: number) => `The body is larger than ${limit} bytes`,
    source: OURS,
  },
  bodyTooSlow: {
    status: 408,
    text: (seconds: number) => `The body took longer than ${seconds} seconds`,
    source: OURS,
  },
  unreadableBody: {
    status: 400,
    text: (reason: string) => `The body could not be read: ${reason}`,
    source: OURS,
  },
  unknownPath: { status: 404, text: 'Not found', source: OURS },
  wrongMethod: { status: 405, text: 'Method not allowed', source: OURS },
  preconditionFailed: { status: 412, text: 'Precondition failed', source: 'RFC 9110 §13.1' },
  rangeNotSatisfiable: { status: 416, text: '', form: 'nothing', source: 'RFC 9110 §14.4' },

  // The hub itself.
  /** Nothing was changed; the same request goes through once there is room. */
  diskFull: { status: 507, text: 'The disk is full', source: OURS },
  /** Something the hub or its disk did wrong: said without telling how the inside looks. */
  failure: { status: 500, text: 'The hub could not do this, its log says why', source: OURS },

  // What is refused before it is a request. The reason phrase of the status is the text.
  unreadable: { status: 400, text: 'Bad Request', source: 'RFC 9110 §15.5.1' },
  proxyRequest: { status: 405, text: 'Method Not Allowed', source: 'RFC 9110 §15.5.6' },
  slowHeaders: { status: 408, text: 'Request Timeout', source: 'RFC 9110 §15.5.9' },
  longHeaders: { status: 431, text: 'Request Header Fields Too Large', source: 'RFC 6585 §5' },
  unknownCoding: { status: 501, text: 'Not Implemented', source: 'RFC 9112 §6.1' },

  // The hub's own control, /_hub.
  /** What a test gave: it is told which field is wrong. */
  invalidInput: {
    status: 400,
    text: (message: string, _field?: string) => message,
    details: (_message: string, field?: string) => ({ field }),
    source: OURS,
  },
  /** The request that a test waits for did not come; `seen` are others. */
  notSeen: {
    status: 404,
    text: (message: string, _seen: readonly string[]) => message,
    details: (_message: string, seen: readonly string[]) => ({ seen }),
    source: OURS,
  },
  controlOff: {
    status: 404,
    text: 'The control is off, start the hub with --control',
    source: OURS,
  },
  keyRequired: {
    status: 401,
    challenge: KEY,
    text: 'The header X-Hub-Key must have the key',
    source: OURS,
  },
  foreignPage: {
    status: 403,
    text: 'Web pages of another origin need a --control-key',
    source: OURS,
  },
  foreignHost: {
    status: 403,
    text: 'Without a --control-key, Host must be localhost, 127.0.0.1 or [::1]',
    source: OURS,
  },
  foreignName: {
    status: 403,
    text: 'This hub has no such name: ask for localhost or 127.0.0.1, or start it with --endpoints NAME',
    source: OURS,
  },

  // Who is asking.
  loginRequired: {
    status: 401,
    challenge: PASSWORD,
    text: 'Authentication is required',
    registry: REQUIRES_AUTHORIZATION,
    source: MATRIX,
  },
  wrongLogin: {
    status: 401,
    challenge: PASSWORD,
    text: 'Wrong login/password, please try again',
    registry: REQUIRES_AUTHORIZATION,
    source: MATRIX,
  },
  badToken: {
    status: 401,
    challenge: PASSWORD,
    text: 'The token is not valid for this request',
    registry: REQUIRES_AUTHORIZATION,
    source: MATRIX,
  },
  oddAuthorization: {
    status: 401,
    challenge: PASSWORD,
    text: 'The Authorization header is neither Basic nor Token',
    registry: REQUIRES_AUTHORIZATION,
    source: MATRIX,
  },
  /** For those who guess passwords, and for a while. */
  tooManyLogins: {
    status: 429,
    text: (_seconds: number) => 'Too many failed logins, please try again later',
    retryAfter: (seconds: number) => seconds,
    source: 'RFC 6585 §4',
  },
  tooManyPlays: {
    status: 429,
    text: 'As many dockers play as may at once, please try again when one is done',
    retryAfter: BUSY,
    source: OURS,
  },
  playClosed: {
    status: 403,
    text: 'Registration is closed: only those who are logged in may have the hub play a docker',
    source: OURS,
  },
  /** More passwords wait to be checked than can be in good time. */
  busy: {
    status: 503,
    text: 'The hub is busy, please try again later',
    retryAfter: BUSY,
    source: OURS,
  },
  /** Recorded. */
  inactive: { status: 403, text: 'Account is not Active', source: MATRIX },

  /** A form of another site, which a browser would send with the cookie of its own accord. */
  foreignForm: { status: 403, text: 'This form came from a page of another site', source: OURS },
  /** What a page has for its owner or for admins alone. */
  notAllowed: { status: 403, text: 'You may not do this', source: OURS },
  wrongPassword: { status: 400, text: 'This is not your password', source: OURS },
  passwordsDiffer: { status: 400, text: 'The two passwords are not the same', source: OURS },

  // Accounts.
  profileFormat: {
    status: 400,
    text: (limit: number) =>
      `Each field has at most ${limit} characters, and the address begins with http:// or https://`,
    source: OURS,
  },
  tooManyEmails: {
    status: 400,
    text: (limit: number) => `An account has at most ${limit} e-mail addresses`,
    source: OURS,
  },
  missingField: {
    status: 400,
    text: (field: string) => `Missing field: ${field}`,
    source: REGISTER,
  },
  /** Recorded, 2015; the rule of 2013-14 that we keep also allows the underscore. */
  usernameFormat: {
    status: 400,
    text: 'Wrong username format (it has to match "^[a-z0-9]{4,30}$")',
    source: REGISTER,
  },
  usernameReserved: {
    status: 400,
    text: (name: string) => `The username ${name} is reserved, please choose another`,
    source: REGISTER,
  },
  passwordFormat: {
    status: 400,
    text: 'Wrong password format (it has to be 5 characters to 72 bytes long)',
    source: REGISTER,
  },
  emailFormat: {
    status: 400,
    text: 'Wrong email format (it has to be like you@example.com)',
    source: REGISTER,
  },
  nothingToUpdate: {
    status: 400,
    text: 'Nothing to update: give a password or an email',
    source: OURS,
  },
  /** Recorded; docker up to 1.10 logs in only if it reads exactly this. */
  accountTaken: {
    status: 400,
    text: 'Username or email already exists',
    source: 'protocol.md §0',
  },
  /** docker falls back to a login only from a 401. */
  registrationClosed: {
    status: 401,
    challenge: PASSWORD,
    text: 'Registration is closed, please log in',
    source: 'clients.md, Login',
  },
  accountMissing: { status: 404, text: 'User not found', source: 'protocol.md §1.3' },
  notYourAccount: {
    status: 403,
    text: 'You can only update your own account',
    source: OURS,
  },

  // Repositories.
  /** What old dockers say themselves, kept as the Hub's answer where they do ask. */
  rootRepository: {
    status: 403,
    text: (username: string, name: string) =>
      'Impossible to push a "root" repository. ' +
      `Please rename your repository in <user>/<repo> (ex: ${username}/${name})`,
    source: 'protocol.md §5',
  },
  /** Recorded (moby#11052). */
  foreignNamespace: {
    status: 403,
    text: 'Access Denied: Not allowed to create Repo at given location',
    source: MATRIX,
  },
  /** Recorded (Shippable/support#1289). */
  notYourRepository: {
    status: 403,
    text: "Access denied, you don't have access to this repo",
    source: MATRIX,
  },
  repositoryMissing: {
    status: 404,
    text: 'Repository not found',
    code: 'NAME_UNKNOWN',
    source: REGISTRY,
  },
  repositoryExists: { status: 400, text: 'There is a repository of this name', source: OURS },
  nameNotTyped: { status: 400, text: "Type the repository's name to delete it", source: OURS },
  descriptionLength: {
    status: 400,
    text: (short: number, full: number) =>
      `A short description has at most ${short} characters, a full one ${full}`,
    source: OURS,
  },
  repositoryFull: {
    status: 400,
    code: 'UNSUPPORTED',
    text: (limit: number) => `A repository has room for ${limit} bytes of images and tags`,
    source: OURS,
  },
  /** Documented for PUT …/auth (docker-io_api.md of moby 1.5.0). */
  authDenied: { status: 403, text: 'Permission denied', source: 'protocol.md §1.7' },
  authMissing: { status: 404, text: 'Not found', source: 'protocol.md §1.7' },

  // Tags.
  tagName: {
    status: 400,
    text: 'Invalid tag name (must match ^[\\w][\\w.-]{0,127}$)',
    code: 'TAG_INVALID',
    source: REGISTRY,
  },
  tagMissing: {
    status: 404,
    text: (tag?: string) => (tag === undefined ? 'Tag not found' : `Tag not found: ${tag}`),
    source: REGISTRY,
  },
  invalidData: {
    status: 400,
    text: (_field?: string) => 'Invalid data',
    details: (field?: string) => ({ field }),
    source: OURS,
  },

  // Images: recorded in docker-registry.
  imageId: { status: 404, text: 'Invalid image ID', source: REGISTRY },
  imageMissing: { status: 404, text: 'Image not found', source: REGISTRY },
  imageInProgress: {
    status: 400,
    text: 'Image is being uploaded, retry later',
    source: REGISTRY,
  },
  imageExists: { status: 409, text: 'Image already exists', source: REGISTRY },
  imageJsonInvalid: { status: 400, text: 'Invalid JSON', source: REGISTRY },
  imageJsonWithoutId: { status: 400, text: "Missing key `id' in JSON", source: REGISTRY },
  imageJsonWrongId: { status: 400, text: 'JSON data contains invalid id', source: REGISTRY },
  imageNotListed: {
    status: 400,
    text: 'This image does not belong to the repository',
    source: REGISTRY,
  },
  parentMissing: {
    status: 400,
    text: 'Image depends on a non existing parent',
    source: REGISTRY,
  },
  parentUnauthorized: {
    status: 400,
    text: 'Image depends on an unauthorized parent',
    source: REGISTRY,
  },
  ancestryTooLong: {
    status: 400,
    text: (limit: number) => `An image has at most ${limit} ancestors`,
    source: OURS,
  },
  layerTooLarge: {
    status: 413,
    text: (limit: number) => `A layer has at most ${limit} bytes`,
    source: OURS,
  },
  layerFormat: { status: 400, text: 'Layer format not supported', source: OURS },
  /** It is kept and handed out as it came, but not looked into; `reason` is a sentence. */
  layerExcess: { status: 400, text: (reason: string) => reason, source: OURS },
  checksumMissing: { status: 400, text: "Missing Image's checksum", source: REGISTRY },
  checksumMismatch: { status: 400, text: 'Checksum mismatch', source: REGISTRY },
  checksumRefused: { status: 409, text: 'Cannot set this image checksum', source: REGISTRY },

  // v2: a text that is exactly distribution's own for a code makes docker try five times (v2.md §0.6).
  pullDenied: {
    status: 403,
    text: (name: string) => `There is no repository ${name}, or you may not read it`,
    code: 'DENIED',
    source: OURS,
  },
  /** The next two: to somebody without an account, whose token says so. */
  loginToPull: {
    status: 403,
    text: (name: string) => `There is no repository ${name}, or you must log in to read it`,
    code: 'DENIED',
    source: OURS,
  },
  loginToPush: {
    status: 403,
    text: 'Log in to push or delete',
    code: 'DENIED',
    source: OURS,
  },
  manifestUnknown: {
    status: 404,
    text: (reference: string) => `There is no manifest ${reference} here`,
    code: 'MANIFEST_UNKNOWN',
    source: OURS,
  },
  /** An image of v1 that can't be handed out: `reason` is a sentence. */
  notForV2: {
    status: 404,
    text: (reason: string) => reason,
    code: 'MANIFEST_UNKNOWN',
    source: OURS,
  },
  manifestInvalid: {
    status: 400,
    text: (reason: string) => `The manifest is invalid: ${reason}`,
    code: 'MANIFEST_INVALID',
    source: OURS,
  },
  manifestBlobUnknown: {
    status: 400,
    text: (digest: string) => `The manifest names ${digest}, which this repository does not have`,
    code: 'MANIFEST_BLOB_UNKNOWN',
    source: OURS,
  },
  blobUnknown: {
    status: 404,
    text: (digest: string) => `This repository has no blob ${digest}`,
    code: 'BLOB_UNKNOWN',
    source: OURS,
  },
  blobInUse: {
    status: 405,
    text: (digest: string) => `A manifest of this repository names ${digest}: delete that first`,
    code: 'UNSUPPORTED',
    source: OURS,
  },
  digestFormat: {
    status: 400,
    text: 'A digest is sha256: with 64 hex digits, or sha512: with 128',
    code: 'DIGEST_INVALID',
    source: OURS,
  },
  digestInvalid: {
    status: 400,
    text: (digest: string) => `What was sent has the digest ${digest}`,
    code: 'DIGEST_INVALID',
    source: OURS,
  },
  uploadUnknown: {
    status: 404,
    text: 'There is no such upload, begin again',
    code: 'BLOB_UPLOAD_UNKNOWN',
    source: OURS,
  },
  /** The upload goes on; its Range says where. */
  outOfOrder: {
    status: 416,
    text: (size: number) => `The next byte of this upload is number ${size}`,
    code: 'BLOB_UPLOAD_INVALID',
    source: OURS,
  },
  chunkLength: {
    status: 400,
    text: 'Content-Range and the length of the body differ',
    code: 'SIZE_INVALID',
    source: OURS,
  },
  tooManyUploads: {
    status: 429,
    text: (limit: number) => `There are ${limit} uploads under way already, please try again later`,
    retryAfter: BUSY,
    source: OURS,
  },
  blobTooLarge: {
    status: 413,
    text: (limit: number) => `A blob has at most ${limit} bytes here`,
    code: 'UNSUPPORTED',
    source: OURS,
  },
  nameParts: {
    status: 404,
    text: 'A name has one or two parts here, such as alice/app',
    code: 'NAME_UNKNOWN',
    source: OURS,
  },
  /** A name of v2 that no repository can have here. As `badName` docker tries it again for 50 s (v2.md §0.6). */
  nameNotHere: {
    status: 404,
    text: (rule: string) => `There can't be a repository of that name here: ${rule}`,
    code: 'NAME_UNKNOWN',
    source: OURS,
  },
  pageSize: {
    status: 400,
    text: 'n is a whole number, 0 or more',
    code: 'PAGINATION_NUMBER_INVALID',
    source: OURS,
  },
  /** The bearer may, but its token was not asked for this. */
  scopeMissing: {
    status: 401,
    challenge: PASSWORD,
    text: 'The token is not for this, ask for another one',
    source: OURS,
  },

  // Archives, which are named by seeds and commands.
  archive: { status: 400, text: (reason: string) => reason, source: OURS },

  /** To clients of today an answer that is not JSON and has no Docker-Distribution-Api-Version is not from a registry. */
  noV2: {
    status: 404,
    text: '404 page not found\n',
    form: 'plain text',
    source: 'clients.md, /v2/',
  },

  // What only faults answer.
  badRequest: { status: 400, text: 'Bad request', source: OURS },
  tooManyRequests: {
    status: 429,
    text: 'Too many requests, please try again later',
    source: OURS,
  },
  serverError: { status: 500, text: 'Internal server error', source: OURS },
  badGateway: { status: 502, text: 'Bad gateway', source: OURS },
  unavailable: {
    status: 503,
    text: 'The service is unavailable, please try again later',
    source: OURS,
  },
  gatewayTimeout: { status: 504, text: 'Gateway timeout', source: OURS },
} as const satisfies Readonly<Record<string, ErrorEntry>>;

export type ErrorName = keyof typeof CATALOGUE;

/** What the Hub said with a status that a fault is to answer, where it is known. */
export const WITH_STATUS: Readonly<Record<number, ErrorName>> = {
  400: 'badRequest',
  401: 'loginRequired',
  403: 'notYourRepository',
  404: 'unknownPath',
  409: 'imageExists',
  429: 'tooManyRequests',
  500: 'serverError',
  502: 'badGateway',
  503: 'unavailable',
  504: 'gatewayTimeout',
  507: 'diskFull',
};
