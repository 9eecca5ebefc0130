/*
 * What holds of every page: axe finds nothing on it in either language, none is wider than a window, it is quickly there
 * and its scripts are small. A page that is not named here fails the first test.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { webRoutes } from '../../routes/index.js';
import type { Seed } from '../../src/index.js';
import { COURSE } from '../../src/lessons/index.js';
import { packageRoot } from '../../src/version.js';
import { flawsOf, NO_BROWSER, startBrowser, type Viewing, viewer } from '../support/browser.js';
import { PASSWORD, send } from '../support/client.js';
import { failingPage } from '../support/damaged-image.js';
import { furniture } from '../support/furnished.js';
import { type TestHub, useHub } from '../support/hub.js';
import { Visitor } from '../support/visitor.js';

type Person = 'guest' | 'jamtur01' | 'admin';

const WEB = '/u/jamtur01/static_web/';

/** The pages of each row of routes/web/index.ts, and who opens them. */
const PAGES: Readonly<Record<string, readonly (readonly [Person, string])[]>> = {
  getRoot: [
    ['guest', '/'],
    ['jamtur01', '/'],
  ],
  getWelcomePage: [['jamtur01', '/account/welcome/']],
  getSignUpPage: [['guest', '/account/signup/']],
  getLogInPage: [['guest', '/account/login/']],
  getPasswordPage: [['jamtur01', '/account/change-password/']],
  getPasswordDonePage: [['jamtur01', '/account/change-password-done/']],
  getEmailsPage: [['jamtur01', '/account/emails/']],
  getProfilePage: [['jamtur01', '/account/profile/']],
  getAddPage: [['jamtur01', '/account/repositories/add/']],
  getAccountsPage: [['admin', '/account/admin/']],
  getSearchPage: [
    ['guest', '/search?q=web'],
    ['guest', '/search?q=nothing-has-this'],
  ],
  getOfficialPage: [['guest', '/official/']],
  getRepositoriesPage: [['jamtur01', '/repos/jamtur01/']],
  getUserPage: [['guest', '/u/jamtur01/']],
  getRepositoryPage: [
    ['jamtur01', WEB],
    ['jamtur01', '/u/jamtur01/payroll/'],
    ['guest', '/_/ubuntu/'],
  ],
  getTagsPage: [['jamtur01', `${WEB}tags/manage/`]],
  getLayersPage: [['jamtur01', `${WEB}layers/`]],
  getSettingsPage: [['jamtur01', `${WEB}settings/`]],
  getDeletePage: [['jamtur01', `${WEB}delete/`]],
  getLessonsPage: [
    ['guest', '/sandbox/lessons/'],
    ['jamtur01', '/sandbox/lessons/'],
  ],
  getLessonPage: COURSE.map(({ id }) => ['jamtur01', `/sandbox/lessons/${id}/`]),
  getClassPage: [['admin', '/sandbox/class/']],
  getCardsPage: [['admin', '/sandbox/class/cards/']],
  getProjectorPage: [
    ['admin', '/sandbox/class/projector/?names=1'],
    ['admin', '/sandbox/class/projector/?follow=student02'],
  ],
  getStudentPage: [['admin', '/sandbox/class/students/student01/']],
  getLivePage: [
    ['guest', '/sandbox/live/'],
    ['admin', '/sandbox/live/'],
  ],
  getStepPage: [['admin', '/sandbox/live/1/']],
};

/** What answers with no page, or leads to one. */
const NO_PAGES = new Set([
  ...['getAsset', 'getLiveEvents', 'getAccountPage', 'getSandboxPage', 'getLogOutPage'],
  ...webRoutes.map(({ row }) => row).filter((row) => row.endsWith('Of2015')),
]);

/** What went wrong, as a page. */
const FAILURES: readonly (readonly [number, Person, string])[] = [
  [404, 'guest', '/nowhere'],
  [404, 'jamtur01', '/u/jamtur01/nothing/'],
  [403, 'jamtur01', '/account/admin/'],
];

const ALL = Object.values(PAGES).flat();

it('every page is named here', () => {
  const rows = new Set(webRoutes.filter(({ method }) => method === 'GET').map(({ row }) => row));
  const unnamed = [...rows].filter((row) => PAGES[row] === undefined && !NO_PAGES.has(row));
  assert.deepEqual(unnamed, []);
});

describe('every page in a browser', { skip: NO_BROWSER }, () => {
  let failing = '';
  const hub: TestHub = useHub({ seed: furniture(), class: 3, onDisk: true }, async () => {
    failing = await failingPage(hub);
  });
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  /** A page for each of them, logged in. */
  const enter = async (person: Person, viewing: Viewing): Promise<Page> => {
    const context = await viewer(browser, hub.url, viewing);
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    if (person === 'guest') return page;
    await page.goto('/account/login/');
    await page.fill('#id_username', person);
    await page.fill('#id_password', PASSWORD);
    await page.click('#form-login input[type=submit]');
    return page;
  };

  const open = async (page: Page, path: string, wanted: number): Promise<void> => {
    const answer = await page.goto(path);
    assert.equal(answer?.status(), wanted, path);
    assert.equal(new URL(page.url()).pathname, path.split('?', 1)[0], path);
    const wide = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
    assert.ok(Number(await page.evaluate(wide)) <= 0, `${path} is too wide`);
  };

  /** Opens all that is for somebody, and does something with each. */
  const openAll = async (
    person: Person,
    viewing: Viewing,
    look: (page: Page, path: string) => Promise<void> = async () => {},
  ): Promise<void> => {
    // So that there is a step to be seen.
    await send(hub, 'GET /v1/search?q=web').expect(200);
    const page = await enter(person, viewing);
    const good = ALL.map(([who, path]) => [200, who, path] as const);
    for (const [status, who, path] of [...good, ...FAILURES, [500, 'guest', failing] as const]) {
      if (who !== person) continue;
      await open(page, path, status);
      await look(page, path);
    }
    await page.context().close();
  };

  for (const person of ['guest', 'jamtur01', 'admin'] as const) {
    for (const viewing of [{ language: 'en' }, { language: 'zh-CN', colours: 'dark' }] as const) {
      it(`axe finds nothing on it: ${person}, ${viewing.language}`, () =>
        openAll(person, viewing, async (page, path) => {
          assert.deepEqual(await flawsOf(page), [], path);
        }));
    }
    it(`fits into 360 pixels, in both languages: ${person}`, async () => {
      for (const language of ['en', 'zh-CN'] as const)
        await openAll(person, { language, width: 360 });
    });
  }
});

describe('every page, with 1,000 repositories', () => {
  const many: Seed['repositories'] = Array.from({ length: 1000 }, (_, number) => ({
    name: `${number % 2 === 0 ? 'jamtur01' : 'alice'}/web-${number}`,
    description: 'An image of the web, made every night',
    tags: { latest: { files: { 'etc/motd': `${number % 20}` }, from: 'ubuntu:14.04' } },
  }));
  const { users = [], repositories = [] } = furniture();
  const hub = useHub({ seed: { users, repositories: [...repositories, ...many] }, class: 3 });

  /** Milliseconds; the fastest of several times tells what a page takes, however busy the machine is. */
  const TIMES = 15;
  const MOST = 50;

  for (const person of ['guest', 'jamtur01', 'admin'] as const) {
    it(`is ready in under ${MOST} ms: ${person}`, async () => {
      await send(hub, 'GET /v1/search?q=web').expect(200);
      const visitor = new Visitor(hub);
      if (person !== 'guest') await visitor.logIn(person);
      const headers = { Accept: 'text/html', Cookie: visitor.cookies };
      for (const [who, path] of ALL) {
        if (who !== person) continue;
        let fastest = Number.POSITIVE_INFINITY;
        for (let time = 0; time < TIMES && fastest > MOST / 2; time += 1) {
          const begun = performance.now();
          const answer = await fetch(hub.url + path, { headers, redirect: 'manual' });
          await answer.arrayBuffer();
          fastest = Math.min(fastest, performance.now() - begun);
          assert.equal(answer.status, 200, path);
        }
        assert.ok(fastest < MOST, `${path}: ${fastest} ms`);
      }
    });
  }
});

it('all scripts together have less than 20 KB, gzipped', () => {
  const folder = new URL('dist/src/web/client/', packageRoot);
  const scripts = readdirSync(folder).filter((name) => name.endsWith('.js'));
  const sizes = scripts.map((name) => gzipSync(readFileSync(new URL(name, folder))).length);
  assert.ok(scripts.length > 3);
  assert.ok(sizes.reduce((sum, size) => sum + size, 0) < 20_000, String(sizes));
});
