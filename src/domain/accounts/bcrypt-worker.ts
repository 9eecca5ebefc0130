import { compareSync, hashSync } from 'bcryptjs';

/* What a worker thread of the password pool does; bcrypt takes its time on purpose. */

export function hash({ password, rounds }: { password: string; rounds: number }): string {
  return hashSync(password, rounds);
}

export function compare({ password, hash }: { password: string; hash: string }): boolean {
  return compareSync(password, hash);
}
