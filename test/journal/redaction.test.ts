import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Hub } from '../../src/index.js';
import {
  LOG_FORMATS,
  LOG_LEVELS,
  type LogFormat,
  type LogLevel,
} from '../../src/journal/log-kinds.js';
import { basic } from '../support/client.js';
import { startPlainHub } from '../support/hub.js';
import { parseRawAnswer, type RawRequest, rawHttp } from '../support/raw.js';

/* Passwords, tokens and Authorization headers: in no case does a log show them. */

/** An admin, and somebody whose password changes all the time. */
const PERSON = 'jamtur01';
const VICTIM = 'victim01';
/** The passwords that these tests use; ordinary text contains none. */
const SECRETS = ['Xq7-first-secret', 'Xq7-second-secret', 'Xq7-wrong-secret', 'Xq7%2Fform secret'];
const [FIRST = '', SECOND = '', WRONG = '', FORM = ''] = SECRETS;
const ID = 'ab'.repeat(32);
const REPOSITORY = `/v1/repositories/${PERSON}/static_web`;

/** What was asked, and everything that was printed meanwhile. */
interface Printed {
  readonly requests: readonly (RawRequest | string)[];
  readonly lines: string;
  readonly answers: string;
  readonly journal: string;
}

function json(value: unknown): string {
  return JSON.stringify(value);
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** Headers that have secrets in them, right and wrong and odd. */
function oddHeaders(token: string): Readonly<Record<string, string | readonly string[]>>[] {
  const [signature = ''] = /[0-9a-f]{40}/.exec(token) ?? [];
  return [
    { Authorization: basic(PERSON, FIRST) },
    { Authorization: basic(PERSON, WRONG) },
    { Authorization: `Basic ${base64(WRONG)}` },
    { Authorization: `Basic ${WRONG}` },
    { Authorization: `Basic ${WRONG}!` },
    { Authorization: `Basic  ${base64(`${PERSON}:${WRONG}`)} ${WRONG}` },
    { Authorization: `basic\t${base64(`${PERSON}:${WRONG}`)}` },
    { Authorization: `Basic realm=${WRONG}` },
    { Authorization: `Bearer ${WRONG}` },
    { Authorization: WRONG },
    { Authorization: [basic(PERSON, FIRST), basic(PERSON, WRONG)] },
    { Authorization: `Token ${token}` },
    { Authorization: `Token Token ${token}` },
    { Authorization: `Token ${token.replaceAll(',', ', ').replaceAll('=', ' = ')}` },
    { Authorization: `Token ${token.toUpperCase()}` },
    { Authorization: `Token ${signature}` },
    { Authorization: `Token signature=${signature.replace(/^./, 'x')},repository=${WRONG}` },
    { Authorization: `Token signature="${WRONG} ${SECOND}"` },
    { Authorization: `Token secret=${WRONG},signature=x` },
    { 'Proxy-Authorization': basic(PERSON, FIRST) },
    { 'X-Docker-Token': token },
    { 'X-Docker-Token': `Token ${token}`, Authorization: basic(PERSON, FIRST) },
    { 'X-Registry-Auth': base64(json({ username: PERSON, password: FIRST })) },
    { 'X-Hub-Key': WRONG },
    { Cookie: `session=${WRONG}` },
  ];
}

/** Bodies that have passwords in them, in all the ways in which people get a body wrong. */
function oddBodies(): [string, string][] {
  const account = { username: 'somebody1', email: 'somebody1@example.com' };
  const form = 'application/x-www-form-urlencoded';
  const type = 'application/json';
  return [
    [type, json({ ...account, password: SECOND })],
    [type, json({ ...account, username: 'NO', password: WRONG })],
    [type, json({ ...account, password: [WRONG] })],
    [type, json({ ...account, password: { is: WRONG } })],
    [type, json({ ...account, PASSWORD: WRONG })],
    [type, json([{ ...account, password: WRONG }])],
    [type, json({ user: { ...account, password: WRONG } })],
    [type, json({ ...account, auth: WRONG, password: WRONG })],
    [type, `{"username": "somebody2", "password": "${WRONG}`],
    [type, `{"username": "somebody2", "password": '${WRONG}'}`],
    [type, `{"username": "somebody2", "password": ${WRONG}}`],
    [type, `{'username': 'somebody2', 'password': '${WRONG}'}`],
    [type, `{"username": "somebody2", "p\\u0061ssword": "${WRONG}"}`],
    [type, `{"username": "somebody2", password: "${WRONG}"}`],
    [type, `"${WRONG}"`],
    [
      type,
      `${json({ ...account, padding: 'x'.repeat(1970) }).slice(0, -1)}, "password": "${WRONG}"}`,
    ],
    [form, `username=somebody3&password=${encodeURIComponent(FORM)}`],
    [form, `username=somebody3&passwor%64=${WRONG}`],
    [form, `password=${WRONG}`],
    [form, json({ ...account, password: WRONG })],
    ['text/plain', `password=${WRONG}&username=somebody3`],
    ['text/plain', `username somebody3 password ${WRONG}`],
    [
      `${type}; charset=utf-16le`,
      Buffer.from(json({ password: WRONG }), 'utf16le').toString('latin1'),
    ],
    ['multipart/form-data; boundary=x', `--x\r\nname="password"\r\n\r\n${WRONG}\r\n--x--`],
  ];
}

/** Tokens of v2 are asked for with passwords, in headers, queries and forms. */
function oddTokenRequests(token: string): RawRequest[] {
  const scope = `scope=repository:${PERSON}/static_web:pull,push`;
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
  const post = (body: string, headers = form): RawRequest => {
    return { method: 'POST', path: '/v2/token', headers, body };
  };
  const login = `grant_type=password&username=${PERSON}&client_id=x`;
  return [
    { method: 'GET', path: `/v2/token?${scope}`, headers: { Authorization: basic(PERSON, FIRST) } },
    { method: 'GET', path: `/v2/token?${scope}`, headers: { Authorization: basic(PERSON, WRONG) } },
    { method: 'GET', path: `/v2/token?${scope}`, headers: { Authorization: `Bearer ${WRONG}` } },
    ...[`${PERSON}:${WRONG}`, `scope=${WRONG}`, `account=${WRONG}`, `password=${WRONG}`, WRONG].map(
      (query) => ({ method: 'GET', path: `/v2/token?${query}` }),
    ),
    { method: 'GET', path: `/v2/token?scope=repository:a/b:pull=${WRONG}` },
    { method: 'GET', path: `/v2/token?${WRONG}=x&refresh_token=${WRONG}` },
    post(`${login}&password=${FIRST}&${scope}`),
    post(`${login}&password=${WRONG}&${scope}`),
    post(`${login}&refresh_token=${WRONG}`),
    post(`${login}&passwor%64=${WRONG}`),
    post(`${login}&padding=${'x'.repeat(2000)}&password=${WRONG}`),
    post(json({ username: PERSON, password: WRONG }), { 'Content-Type': 'application/json' }),
    ...['/v2/', '/v2/_catalog', `/v2/${PERSON}/static_web/tags/list`, '/v2/nowhere'].flatMap(
      (path) =>
        [`Bearer ${token}`, `bearer  ${token}`, `Bearer ${WRONG}`, basic(PERSON, WRONG)].map(
          (Authorization) => ({ method: 'GET', path, headers: { Authorization } }),
        ),
    ),
  ];
}

/** Everything, for a hub that has an admin with the first password, and a token. */
function oddRequests(token: string): (RawRequest | string)[] {
  const close = 'Host: hub\r\nConnection: close';
  const auth = { Authorization: basic(PERSON, FIRST) };
  return [
    ...oddHeaders(token).flatMap((headers) => [
      { method: 'GET', path: '/v1/users/', headers },
      { method: 'GET', path: `/v1/images/${ID}/json`, headers },
      { method: 'PUT', path: `${REPOSITORY}/auth`, headers },
      { method: 'GET', path: '/v1/nowhere', headers },
    ]),
    ...oddBodies().flatMap(([type, body]) => [
      { method: 'POST', path: '/v1/users/', headers: { 'Content-Type': type }, body },
      { method: 'POST', path: '/v1/%75sers', headers: { 'Content-Type': type }, body },
      {
        method: 'PUT',
        path: `/v1/users/${VICTIM}/`,
        headers: { ...auth, 'Content-Type': type },
        body,
      },
      { method: 'POST', path: '/_hub/users', headers: { 'Content-Type': type }, body },
      { method: 'POST', path: '/_hub/seed', headers: { 'Content-Type': type }, body },
    ]),
    { method: 'GET', path: `/v1/users/?username=x&password=${WRONG}&auth=${WRONG}` },
    { method: 'GET', path: `/v1/search?q=x&Password=${WRONG}&passwor%64=${WRONG}` },
    { method: 'GET', path: `/v1/_ping?token=${encodeURIComponent(token)}` },
    { method: 'GET', path: `/v1/_ping?${token}` },
    ...[
      `//v1/users/${PERSON}:${WRONG}`,
      `//v1/users?${PERSON}:${WRONG}`,
      `/v1//users/?${PERSON}:${WRONG}`,
      `/v1/users%2f${PERSON}:${WRONG}`,
      `/v1/%75sers/${PERSON}:${WRONG}`,
      `/v1/%75sers/?${PERSON}:${WRONG}`,
      `/v1/users#${PERSON}:${WRONG}`,
    ].map((target) => `GET ${target} HTTP/1.1\r\n${close}\r\n\r\n`),
    `GET http://${PERSON}:${WRONG}@hub/v1/users/ HTTP/1.1\r\n${close}\r\n\r\n`,
    `GET HTTP://${PERSON}:${WRONG}@hub/v1/nowhere HTTP/1.1\r\n${close}\r\n\r\n`,
    `GET //${PERSON}:${WRONG}@hub/v1/users/ HTTP/1.1\r\n${close}\r\n\r\n`,
    `GET /v1/users/ HTTP/1.1\r\nAuthorization ${basic(PERSON, WRONG)}\r\n\r\n`,
    `GET /v1/users/ HTTP/9.1\r\nAuthorization: ${basic(PERSON, WRONG)}\r\n\r\n`,
    `Authorization: ${basic(PERSON, WRONG)}\r\n\r\n`,
    `POST /v1/users/ HTTP/1.1\r\n${close}\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{"password": "${WRONG}"}`,
  ];
}

/** Runs all of it against a hub that prints at one level in one format. */
async function print(level: LogLevel, format: LogFormat): Promise<Printed> {
  const lines: string[] = [];
  const data = await mkdtemp(join(tmpdir(), 'hub-v1-redaction-'));
  let isBroken = false;
  await using hub = await startPlainHub({
    data,
    loginLimit: 0,
    logLevel: level,
    logFormat: format,
    logTo: { write: (line) => lines.push(line) },
    onDiskStep: () => {
      if (isBroken) throw new Error('the disk broke');
    },
  });
  await hub.users.create({ username: PERSON, password: FIRST, admin: true });
  await hub.users.create({ username: VICTIM, password: SECOND });
  const token = await writeToken(hub);
  const scoped = await scopedToken(hub);
  const requests = [...oddRequests(token), ...oddTokenRequests(scoped)];
  const answers: string[] = [];
  const ask = async (request: RawRequest | string): Promise<void> => {
    const answer = await rawHttp(hub.url, request, { check: false });
    // Tokens are handed out in headers, so only what is said about a request counts.
    // So does the token service in its body.
    if (answer.length > 0) answers.push(withoutToken(parseRawAnswer(answer).body));
  };
  for (const request of requests) await ask(request);
  isBroken = true;
  for (const request of failing()) await ask(request);
  isBroken = false;
  const journal = JSON.stringify(hub.requests.list());
  await hub.close();
  await rm(data, { recursive: true });
  return { requests, lines: lines.join(''), answers: answers.join('\n'), journal };
}

function withoutToken(body: Buffer): string {
  return body.toString('latin1').replaceAll(/"(?:access_)?token":\s?"[^"]+"/g, '');
}

/** Requests in whose middle something breaks. */
function failing(): RawRequest[] {
  const headers = { Authorization: basic(PERSON, FIRST), 'X-Docker-Token': 'true' };
  const account = { username: 'somebody4', password: SECOND, email: 'somebody4@example.com' };
  return [
    { method: 'PUT', path: `/v1/images/${ID}/json`, headers, body: json({ id: ID }) },
    { method: 'PUT', path: `/v1/users/${VICTIM}/`, headers, body: json({ password: FIRST }) },
    { method: 'PUT', path: `${REPOSITORY}-2/`, headers, body: '[]' },
    { method: 'POST', path: '/v1/users/', body: json(account) },
  ];
}

async function writeToken(hub: Hub): Promise<string> {
  const answer = await rawHttp(hub.url, {
    method: 'PUT',
    path: `${REPOSITORY}/`,
    headers: { Authorization: basic(PERSON, FIRST), 'X-Docker-Token': 'true' },
    body: json([{ id: ID }]),
  });
  return parseRawAnswer(answer).headers['x-docker-token']?.[0] ?? '';
}

async function scopedToken(hub: Hub): Promise<string> {
  const answer = await rawHttp(hub.url, {
    method: 'GET',
    path: `/v2/token?scope=repository:${PERSON}/static_web:pull`,
    headers: { Authorization: basic(PERSON, FIRST) },
  });
  const said = JSON.parse(parseRawAnswer(answer).body.toString('utf8')) as { token: string };
  return said.token;
}

/** What must not be found: each secret as it is, encoded, and the signatures of all tokens. */
function findings(text: string): string[] {
  const names = ['', `${PERSON}:`];
  const forms = SECRETS.flatMap((secret) => [
    secret,
    encodeURIComponent(secret),
    secret.toUpperCase(),
    ...names.flatMap((name) => [base64(name + secret), Buffer.from(name + secret).toString('hex')]),
    Buffer.from(secret, 'utf16le').toString('base64').slice(0, -4),
    Buffer.from(secret, 'utf16le').toString('latin1'),
    JSON.stringify(Buffer.from(secret, 'utf16le').toString('latin1')).slice(1, -1),
  ]);
  const signatures = text.match(/\b[0-9a-fA-F]{40}\b/g) ?? [];
  // The start of a token of v2: {"issued": in base64.
  const tokens = text.match(/eyJpc3N1ZWQi[\w-]*/g) ?? [];
  return [...new Set([...forms, ...signatures, ...tokens].map((form) => form.replace(/=+$/, '')))]
    .flatMap((form) =>
      text
        .split(form)
        .slice(0, -1)
        .map((before) => `${before.slice(-200)}${form}`),
    )
    .slice(0, 10);
}

describe('no secret is printed', () => {
  for (const level of LOG_LEVELS) {
    for (const format of LOG_FORMATS) {
      it(`at level ${level}, as ${format}`, async () => {
        const { requests, lines, answers, journal } = await print(level, format);
        const count = lines.split('\n').filter((line) => /\/v[12]\//.test(line)).length;
        const isOn = ['info', 'debug', 'trace'].includes(level);
        assert.ok(isOn ? count > requests.length / 2 : count === 0, `${count} lines`);
        const failures = lines.split('the disk broke').length > failing().length;
        assert.equal(failures, level !== 'silent' && level !== 'fatal');
        assert.deepEqual(findings(lines), [], 'in the log');
        assert.deepEqual(findings(answers), [], 'in the answers');
        assert.deepEqual(findings(journal), [], 'in the journal');
      });
    }
  }
});

/** Runs the command, and gives back all that it prints. */
async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const cli = fileURLToPath(new URL('../../src/cli/hub-v1.cjs', import.meta.url));
  const child = spawn(process.execPath, [cli, ...args], { env: { ...process.env, ...env } });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
  const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await new Promise((resolve) => child.once('close', resolve));
  clearTimeout(timer);
  return Buffer.concat(chunks).toString('utf8');
}

describe('the command does not repeat a password that it was given wrongly', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'hub-v1-redaction-'));
  });
  after(() => rm(folder, { recursive: true }));

  const wrong: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>])[] =
    [
      ['--admin without a name', ['--admin', `:${WRONG}`], {}],
      ['--admin without a colon', ['--admin', WRONG], {}],
      ['--admin with an invalid name', ['--ephemeral', '--admin', `NO:${WRONG}`], {}],
      [
        '--admin with too long a password',
        ['--ephemeral', '--admin', `root:${WRONG.repeat(9)}`],
        {},
      ],
      ['HUB_ADMIN without a colon', ['--ephemeral'], { HUB_ADMIN: WRONG }],
      ['a password for a wrong name', ['user', 'add', 'NO', WRONG], {}],
      ['too many arguments', ['user', 'add', 'root', WRONG, WRONG, WRONG], {}],
      ['a password for nobody', ['user', 'passwd', 'nobody01', WRONG], {}],
      ['a key that is too short', ['--ephemeral', '--control-key', 'Xq7'], {}],
    ];
  for (const [what, args, env] of wrong) {
    it(what, async () => {
      const isUser = args[0] === 'user';
      const data = isUser || !args.includes('--ephemeral') ? ['--data', folder] : [];
      const port = isUser ? [] : ['--port', '0'];
      const printed = await run([...args, ...data, ...port], env);
      assert.match(printed, /^hub-v1: /m);
      assert.ok(!printed.includes('Xq7'), printed);
    });
  }
});
