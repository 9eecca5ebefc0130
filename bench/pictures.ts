/*
 * npm run pictures: pictures of the key pages, for the README and for those who change how they look. They are written
 * to docs/pictures/, or to the folder that is named; of names after it, only those pages are.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { startHub } from '../src/index.js';
import { lessonOf, spoken } from '../src/lessons/index.js';
import { packageRoot } from '../src/version.js';
import { NO_BROWSER, startBrowser, type Viewing, viewer } from '../test/support/browser.js';
import { studentOf } from '../test/support/cards.js';
import { basic, PASSWORD, send } from '../test/support/client.js';
import { FULL_DESCRIPTION, furniture } from '../test/support/furnished.js';
import { makeImage } from '../test/support/images.js';
import { pushImage } from '../test/support/pushes.js';
import { Visitor } from '../test/support/visitor.js';

/** Each key page: its name, its address, who looks. */
const PAGES: readonly (readonly [name: string, path: string, user?: string])[] = [
  ['front', '/'],
  ['summary', '/account/welcome/', 'jamtur01'],
  ['repository', '/u/jamtur01/static_web/', 'jamtur01'],
  ['tags', '/u/jamtur01/static_web/tags/manage/', 'jamtur01'],
  ['layers', '/u/jamtur01/static_web/layers/', 'jamtur01'],
  ['settings', '/u/jamtur01/static_web/settings/', 'jamtur01'],
  ['delete', '/u/jamtur01/static_web/delete/', 'jamtur01'],
  ['add', '/account/repositories/add/', 'jamtur01'],
  ['search', '/search?q=web'],
  ['official', '/official/'],
  ['user', '/u/jamtur01/'],
  ['accounts', '/account/admin/', 'admin'],
  ['missing', '/u/jamtur01/nothing/'],
  ['live', '/sandbox/live/', 'jamtur01'],
  ['lessons', '/sandbox/lessons/', 'jamtur01'],
  ['lesson', '/sandbox/lessons/first-push/', 'jamtur01'],
  ['password', '/account/change-password/', 'jamtur01'],
  ['class', '/sandbox/class/', 'admin'],
  ['cards', '/sandbox/class/cards/?address=192.168.1.5:5000', 'admin'],
  ['student', '/sandbox/class/students/student02/', 'admin'],
  ['projector', '/sandbox/class/projector/?names=1', 'admin'],
  ['followed', '/sandbox/class/projector/?follow=student01', 'admin'],
];

/** The ways that a page is looked at, by the ends of their names. */
const VIEWS: readonly (readonly [end: string, viewing: Viewing])[] = [
  ['en', {}],
  ['zh', { language: 'zh-CN' }],
  ['dark', { colours: 'dark' }],
  ['narrow', { width: 360, height: 740 }],
];

if (NO_BROWSER !== false) throw new Error(NO_BROWSER);
const [chosen, ...only] = process.argv.slice(2);
const folder = chosen ?? fileURLToPath(new URL('docs/pictures/', packageRoot));
await mkdir(folder, { recursive: true });
await using hub = await startHub({
  bcryptRounds: 4,
  admin: { username: 'admin', password: PASSWORD },
  seed: furniture(),
  class: 12,
});
await holdClass();
const browser = await startBrowser();
await pushSomething();
try {
  for (const [end, viewing] of VIEWS) {
    // Of what is in docs/ the README shows a few; all others are for a look.
    const isMeant = (name: string): boolean =>
      chosen === undefined ? isKept(name, end) : only.length === 0 || only.includes(name);
    const pages = PAGES.filter(([name]) => isMeant(name));
    for (const [name, path, user] of pages) {
      const context = await viewer(browser, hub.url, viewing);
      const page = await context.newPage();
      if (user !== undefined) await logIn(page, user);
      if (name === 'repository') await describe(page);
      await page.goto(path);
      const file = join(folder, `${name}-${end}.png`);
      await rm(file, { force: true });
      await page.screenshot({ path: file, fullPage: true });
      await context.close();
    }
  }
} finally {
  await browser.close();
}

/** Lets some students of the class do something. */
async function holdClass(): Promise<void> {
  const teacher = new Visitor(hub);
  await teacher.logIn('admin', PASSWORD);
  const does = async (name: string, lesson: string, lines: readonly string[]): Promise<void> => {
    const { visitor, password } = await studentOf(hub, teacher, name);
    const path = `/sandbox/lessons/${lesson}/`;
    await visitor.send(path, { act: 'begin' });
    const names = { you: name, hub: `127.0.0.1:${hub.port}`, password };
    for (const line of lines) await visitor.send(path, { act: 'run', line: spoken(line, names) });
  };
  const solution = (id: string) => lessonOf(id)?.steps.flatMap((step) => step.solution) ?? [];
  const logIn = 'docker login -u {you} -p {password} -e me@example.com';
  for (const name of ['student01', 'student03', 'student04']) {
    await does(name, 'login', [logIn, ...solution('login')]);
    await does(name, 'first-push', [logIn, ...solution('first-push')]);
  }
  await does('student02', 'first-push', [
    'docker login -u {you} -p wrong -e me@example.com',
    "curl -u {you}:{password} -X PUT -d '[]' {hub}/v1/repositories/static_web/",
  ]);
  await does('student05', 'login', [logIn]);
}

function isKept(name: string, end: string): boolean {
  return ['summary', 'repository', 'layers'].includes(name) && (end === 'en' || end === 'zh');
}

async function logIn(page: Page, user: string): Promise<void> {
  await page.goto('/account/login/');
  await page.fill('#id_username', user);
  await page.fill('#id_password', PASSWORD);
  await page.click('input[type=submit]');
}

/** Requests for the live page: a push of a layer that is here and of one that is not. */
async function pushSomething(): Promise<void> {
  const base = makeImage('base of the pictures');
  const auth = basic('jamtur01');
  await pushImage(hub, auth, 'jamtur01/pushed', base);
  await pushImage(hub, auth, 'jamtur01/pushed', [base, makeImage('on it', { parent: base })], '2');
  await send(hub, 'PUT /v1/repositories/static_web/', { auth, body: [] });
}

/** Gives the repository its long description, as its owner does. */
async function describe(page: Page): Promise<void> {
  await page.goto('/u/jamtur01/static_web/settings/');
  await page.fill('#id_full_description', FULL_DESCRIPTION);
  await page.click('form[name=repository_settings] button');
}
