import { Agent, type IncomingHttpHeaders, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** The hub went away before its answer came: nobody knows what it did. */
export class Gone extends Error {
  override readonly name = 'Gone';
}

/** The hub answered, and not as it should. */
export class Unexpected extends Error {
  override readonly name = 'Unexpected';
  readonly line: string;
  readonly reply: Reply;

  constructor(line: string, reply: Reply) {
    super(`${line} was answered ${reply.status} ${reply.body.toString().slice(0, 200)}`);
    this.line = line;
    this.reply = reply;
  }

  get status(): number {
    return this.reply.status;
  }
}

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Sent {
  /** The Authorization header. */
  readonly auth?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes go as they are; anything else as JSON. */
  readonly body?: unknown;
  /** Sends the body in so many pieces, with a pause before each. */
  readonly pieces?: number;
}

/** Requests to one hub, counted. */
export class Client {
  readonly #port: number;
  readonly #agent = new Agent({ keepAlive: true });
  readonly counts = { answered: 0, cutOff: 0 };

  constructor(port: number) {
    this.#port = port;
  }

  /** Throws Gone when no whole answer comes. */
  async send(line: string, sent: Sent = {}): Promise<Reply> {
    try {
      const reply = await this.#exchange(line, sent);
      this.counts.answered += 1;
      return reply;
    } catch (error) {
      this.counts.cutOff += 1;
      throw new Gone(`${line}: ${(error as Error).message}`);
    }
  }

  /** As `send`, and throws Unexpected for another status than these. */
  async expect(statuses: number | readonly number[], line: string, sent?: Sent): Promise<Reply> {
    const reply = await this.send(line, sent);
    if ([statuses].flat().includes(reply.status)) return reply;
    throw new Unexpected(line, reply);
  }

  close(): void {
    this.#agent.destroy();
  }

  #exchange(line: string, { auth, headers, body, pieces = 1 }: Sent): Promise<Reply> {
    const [method = '', path = ''] = line.split(' ');
    const bytes = bytesOf(body);
    return new Promise((resolve, reject) => {
      const asked = request({
        host: '127.0.0.1',
        port: this.#port,
        method,
        path,
        agent: this.#agent,
        headers: {
          ...(auth === undefined ? {} : { Authorization: auth }),
          ...(bytes === undefined ? {} : { 'Content-Length': bytes.length }),
          ...headers,
        },
      });
      asked.on('error', reject);
      asked.on('response', (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('error', reject);
        answer.on('end', () => {
          if (!answer.complete) reject(new Error('the answer is cut short'));
          const { statusCode = 0, headers } = answer;
          resolve({ status: statusCode, headers, body: Buffer.concat(chunks) });
        });
      });
      write(asked, bytes ?? Buffer.alloc(0), pieces).catch(reject);
    });
  }
}

function bytesOf(body: unknown): Buffer | undefined {
  if (body === undefined || Buffer.isBuffer(body)) return body;
  return Buffer.from(JSON.stringify(body));
}

async function write(
  asked: ReturnType<typeof request>,
  bytes: Buffer,
  pieces: number,
): Promise<void> {
  const step = Math.ceil(bytes.length / pieces) || 1;
  for (let at = step; at < bytes.length; at += step) {
    asked.write(bytes.subarray(at - step, at));
    await sleep(2);
  }
  asked.end(bytes.subarray(Math.floor((bytes.length - 1) / step) * step));
}

/** The Authorization header of somebody with a password. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

/** The Authorization header that docker makes of an answer's X-Docker-Token. */
export function tokenOf({ headers }: Reply): string {
  return `Token ${headers['x-docker-token']}`;
}
