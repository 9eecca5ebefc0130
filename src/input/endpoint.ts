const ENDPOINT = /^(?:[A-Za-z0-9.-]+|\[[0-9a-fA-F:]+\])(?::(\d{1,5}))?$/;

/** Whether a text is `HOST[:PORT]`. */
export function isEndpoint(text: string): boolean {
  const match = ENDPOINT.exec(text);
  return match !== null && Number(match[1] ?? 0) <= 65_535;
}
