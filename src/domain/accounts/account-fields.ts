import type { Profile } from '../../storage/documents/documents.js';
import { errors } from '../errors.js';
import { checkEmail, checkPassword, checkUsername } from '../repositories/names.js';

/** What a registration brings; each field may be missing or of any type, as it came over the wire. */
export interface Registration {
  readonly username?: unknown;
  readonly password?: unknown;
  readonly email?: unknown;
}

/** An address that was added can't be removed (protocol.md §1.3). */
const MOST_EMAILS = 100;

/** What checks each part of a registration, in the order in which the Hub did. */
export function registrationChecks({ username, password, email }: Registration) {
  return [
    () => checkUsername(requireText('username', username)),
    () => checkPassword(requireText('password', password)),
    () => checkEmail(requireText('email', email)),
  ];
}

/** The fields of a registration. Throws `missingField` or a format error. */
export function checkRegistration({ username, password, email }: Registration) {
  const fields = {
    username: requireText('username', username),
    password: requireText('password', password),
    email: requireText('email', email),
  };
  checkUsername(fields.username);
  checkPassword(fields.password);
  checkEmail(fields.email);
  return fields;
}

/** The fields of a change. Throws `nothingToUpdate`, `missingField` or a format error. */
export function checkChanges({ password, email }: Registration) {
  if (password === undefined && email === undefined) throw errors.nothingToUpdate();
  const changes = {
    password: password === undefined ? undefined : requireText('password', password),
    email: email === undefined ? undefined : requireText('email', email),
  };
  if (changes.password !== undefined) checkPassword(changes.password);
  if (changes.email !== undefined) checkEmail(changes.email);
  return changes;
}

/** Characters that a field of a profile may have. */
const LONGEST_FIELD = 200;

/** Passes what somebody tells of themselves; a link must be one of the web. Throws `profileFormat`. */
export function checkProfile({ fullName, location, company, url }: Profile): void {
  const isLong = [fullName, location, company, url].some(({ length }) => length > LONGEST_FIELD);
  if (isLong || (url !== '' && !isWebAddress(url))) throw errors.profileFormat(LONGEST_FIELD);
}

function isWebAddress(url: string): boolean {
  return /^https?:\/\//i.test(url) && URL.canParse(url);
}

function requireText(field: string, value: unknown): string {
  if (typeof value !== 'string' || value === '') throw errors.missingField(field);
  return value;
}

/** The addresses with one more, each once. Throws `tooManyEmails`. */
export function withEmail(emails: readonly string[], email: string): readonly string[] {
  const known = emails.some((each) => each.toLowerCase() === email.toLowerCase());
  if (!known && emails.length >= MOST_EMAILS) throw errors.tooManyEmails(MOST_EMAILS);
  return known ? emails : [...emails, email];
}
