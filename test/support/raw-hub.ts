/*
 * A hub that is spoken to byte by byte, and the bytes.
 */

import { afterEach } from 'node:test';
import { checkAnswer } from './contract.js';
import { type OwnHub, type TestHubOptions, useHub } from './hub.js';
import { person } from './people.js';
import { parseRawAnswer } from './raw.js';
import { RawClient } from './raw-client.js';

export const PERSON = 'jamtur01';
export const NAME = `${PERSON}/static_web`;
export const PING = 'GET /v1/_ping HTTP/1.1\r\nHost: hub\r\n\r\n';
export const LAST_PING = PING.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n');
/** An answer to be cut off with "Connection: close", whose last bytes say that it is whole. */
export const IS_PING = /^HTTP\/1\.1 200 OK\r\n.*\r\n\r\ntrue$/s;

/** A hub for each `describe`, and the connections of each test, which all go at its end. */
export function useRawHub(options: TestHubOptions = {}): {
  readonly hub: OwnHub;
  connect(paused?: boolean): Promise<RawClient>;
} {
  const hub = useHub({ people: [PERSON], ...options });
  let clients: RawClient[] = [];
  afterEach(() => {
    for (const client of clients) client.destroy();
    clients = [];
  });
  return {
    hub,
    connect: async (paused = false) => {
      const client = await RawClient.to(hub, { paused });
      clients.push(client);
      return client;
    },
  };
}

/** The head of a request of HTTP/1.1. */
export function head(line: string, headers: Readonly<Record<string, string>> = {}): string {
  const lines = Object.entries({ Host: 'hub', ...headers }).map(
    ([n, value]) => `${n}: ${value}\r\n`,
  );
  return `${line} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** What registers somebody, as JSON. */
export function registration(username: string): string {
  return JSON.stringify(person(username));
}

/** A whole request to register somebody, with the length of its body in the header. */
export function register(username: string, headers: Readonly<Record<string, string>> = {}): string {
  const body = registration(username);
  return head('POST /v1/users/', { 'Content-Length': String(body.length), ...headers }) + body;
}

/** The status of the first answer. */
export function statusOf(received: string): number {
  return parseRawAnswer(Buffer.from(received, 'latin1')).status;
}

/** The first answer, after it was held against openapi.yaml. */
export function checked(method: string, path: string, received: string) {
  const answer = parseRawAnswer(Buffer.from(received, 'latin1'));
  checkAnswer({ method, path, ...answer });
  return { ...answer, text: answer.body.toString('utf8') };
}
