import { readFileSync } from 'node:fs';

/** The root of the package, from where this file lies once it is compiled. */
export const packageRoot = new URL('../../', import.meta.url);

/** The version in package.json. */
export const version: string = readVersion();

function readVersion(): string {
  const text = readFileSync(new URL('package.json', packageRoot), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
