/* Uploads that a test can hold still in the middle. */
import { once } from 'node:events';
import { type ClientRequest, request } from 'node:http';
import { checkAnswer } from './contract.js';

/** An answer to a request that was sent in parts. */
export interface PlainAnswer {
  readonly status: number;
  readonly body: string;
}

/** The body of a request, held open. */
export interface OpenUpload {
  /** Sends a part of it. */
  write(bytes: Uint8Array): Promise<void>;
  /** Sends the last part and waits for the answer. */
  end(bytes: Uint8Array): Promise<PlainAnswer>;
  /** Goes away, as a docker that is killed. */
  abort(): Promise<void>;
}

/** Begins `PUT …/layer`, as `openBody`. */
export function openUpload(url: string, auth: string, id: string): Promise<OpenUpload> {
  return openBody(url, auth, `PUT /v1/images/${id}/layer`);
}

/**
 * Begins a request (`PUT /path`) with a body in chunks and resolves once the hub has taken the request up: it says so
 * by its `100 Continue`, so that what a test does next comes after that.
 */
export async function openBody(url: string, auth: string, line: string): Promise<OpenUpload> {
  const [method = '', path = ''] = line.split(' ');
  const sent = request(`${url}${path}`, {
    method,
    headers: { Authorization: auth, Expect: '100-continue', 'Transfer-Encoding': 'chunked' },
    agent: false,
  });
  sent.on('error', () => undefined);
  const closed = new Promise((resolve) => sent.once('close', resolve));
  sent.flushHeaders();
  const answer = answerTo(sent, method, path);
  await once(sent, 'continue');
  return {
    write: (bytes) => new Promise((resolve) => sent.write(bytes, () => resolve())),
    end: (bytes) => {
      sent.end(bytes);
      return answer;
    },
    abort: async () => {
      sent.destroy();
      await closed;
    },
  };
}

function answerTo(sent: ClientRequest, method: string, path: string): Promise<PlainAnswer> {
  return new Promise((resolve) => {
    sent.on('response', async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      const body = Buffer.concat(chunks).toString();
      const status = response.statusCode ?? 0;
      checkAnswer({ method, path, status, headers: response.headers, body });
      resolve({ status, body });
    });
  });
}
