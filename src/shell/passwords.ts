/** A word of a line, quoted or not. */
const WORD = `(?:'[^']*'|"[^"]*"|[^\\s'"])+`;

const DOCKER_PASSWORD = new RegExp(`(\\s(?:-p|--password)[ =]*)${WORD}`, 'g');
const CURL_PASSWORD = new RegExp(`(\\s(?:-u|--user)[ =]*['"]?[^\\s:'"]+:)${WORD}['"]?`, 'g');

/** A line as it is shown and remembered: without the passwords that `docker login` and `curl` are given. */
export function withoutPasswords(line: string): string {
  const masked = /\blogin\b/.test(line) ? line.replaceAll(DOCKER_PASSWORD, '$1***') : line;
  return masked.replaceAll(CURL_PASSWORD, '$1***');
}
