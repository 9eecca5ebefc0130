import type { IncomingMessage, ServerResponse } from 'node:http';

/**
 * Lets a client that asked by `Expect: 100-continue` send its body as soon as somebody reads it, and not
 * before: a client without the right to send it is told so first (RFC 9110 §10.1.1). HTTP/1.0 does not know the
 * header, and such a client does not wait.
 */
export function continueWhenRead(request: IncomingMessage, response: ServerResponse): void {
  if (request.httpVersion !== '1.1') return;
  const read = request._read;
  request._read = (size) => {
    request._read = read;
    if (!response.headersSent) response.writeContinue();
    request._read(size);
  };
}

/** Whether a client waits for leave to send its body, since nobody has begun to read it. */
export function awaitsLeave({ headers, httpVersion, readableFlowing }: IncomingMessage): boolean {
  return (
    readableFlowing === null &&
    httpVersion === '1.1' &&
    headers.expect !== undefined &&
    /^100-continue$/i.test(headers.expect)
  );
}
