import type supertest from 'supertest';
import { type Address, PASSWORD, send } from './client.js';

/** A page as a browser without a script gets it. */
export interface Seen {
  readonly status: number;
  /** Where it leads on, without having gone there. */
  readonly location: string | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly html: string;
}

/** Names and values of a form; several of one name as a list. */
export type Fields = Readonly<Record<string, string | readonly string[]>>;

const FORM = 'application/x-www-form-urlencoded';

/** Somebody with a browser that runs no script: keeps cookies, fills in forms. Answers are held against openapi.yaml. */
export class Visitor {
  readonly #hub: Address;
  readonly #cookies = new Map<string, string>();

  constructor(hub: Address) {
    this.#hub = hub;
  }

  get cookies(): string {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  /** Opens a page, and does not follow where it leads. */
  open(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Seen> {
    return this.#send(send(this.#hub, `GET ${path}`), headers);
  }

  /** Sends a form. */
  send(
    path: string,
    fields: Fields,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Seen> {
    const form = new URLSearchParams();
    for (const [name, value] of Object.entries(fields)) {
      for (const each of typeof value === 'string' ? [value] : value) form.append(name, each);
    }
    const sent = { headers: { 'Content-Type': FORM, ...headers }, body: form.toString() };
    return this.#send(send(this.#hub, `POST ${path}`, sent), headers);
  }

  /** Logs in by the form. */
  logIn(username: string, password: string = PASSWORD): Promise<Seen> {
    return this.send('/account/login/', { username, password });
  }

  async #send(asked: supertest.Test, headers: Readonly<Record<string, string>>): Promise<Seen> {
    asked.redirects(0).set('Accept', 'text/html').set('Accept-Language', 'en');
    if (this.#cookies.size > 0) asked.set('Cookie', this.cookies);
    for (const [name, value] of Object.entries(headers)) asked.set(name, value);
    const { status, text, headers: sent } = await asked;
    const given: unknown = sent['set-cookie'];
    for (const line of Array.isArray(given) ? given : []) this.#keep(String(line));
    return { status, location: sent.location, headers: sent, html: text };
  }

  #keep(line: string): void {
    const [pair = ''] = line.split(';', 1);
    const [name = '', value = ''] = pair.split('=', 2);
    if (/expires=Thu, 01 Jan 1970/i.test(line)) this.#cookies.delete(name);
    else this.#cookies.set(name, value);
  }
}

/** The text of a page, without its markup, each run of blanks as one. */
export function textOf(html: string): string {
  return html
    .replace(/<(script|style)\b[\s\S]*?<\/\1>/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');
}
