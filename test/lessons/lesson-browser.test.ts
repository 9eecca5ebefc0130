import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { flawsOf, NO_BROWSER, startBrowser, viewer } from '../support/browser.js';
import { basic, PASSWORD, send } from '../support/client.js';
import { useHub } from '../support/hub.js';

/* A lesson in a real browser, in both languages: with its terminal and no script, and with a client elsewhere. */

describe('a lesson in a browser', { skip: NO_BROWSER }, () => {
  const hub = useHub({ people: ['alice', 'bobby', 'carol', 'doris'] });
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  const reading = async (
    name: string,
    language: 'en' | 'zh-CN',
    script: boolean,
    width = 1200,
  ): Promise<Page> => {
    const context = await viewer(browser, hub.url, { language, script, width });
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    await page.goto('/account/login/');
    await page.fill('#id_username', name);
    await page.fill('#id_password', PASSWORD);
    await page.click('#form-login input[type=submit]');
    return page;
  };

  const type = async (page: Page, line: string): Promise<void> => {
    await page.fill('#line', line);
    await page.click('button[value=run]');
  };

  for (const [language, name, said] of [
    ['en', 'alice', 'This lesson is done.'],
    ['zh-CN', 'bobby', '这一课完成了。'],
  ] as const) {
    it(`is done in its terminal, without a script: ${language}`, async () => {
      const page = await reading(name, language, false);
      await page.goto('/sandbox/lessons/login/');
      await page.click('button[value=begin]');
      await type(page, `docker login -u ${name} -p wrong -e ${name}@example.com`);
      assert.equal(await page.locator('.tick').count(), 1);
      // As docker asks for it in the books.
      for (const line of ['docker login', name, PASSWORD]) await type(page, line);
      assert.doesNotMatch(String(await page.textContent('.terminal pre')), new RegExp(PASSWORD));
      await type(page, `${name}@example.com`);
      assert.match(String(await page.textContent('.terminal pre')), /Login Succeeded/);
      assert.equal(await page.locator('.tick').count(), 2);
      await page.check('input[name=choice][value="0"]');
      await page.click('button[value=answer]');
      assert.equal(await page.locator('.alert-error').count(), 1);
      await page.check('input[name=choice][value="2"]');
      await page.click('button[value=answer]');
      assert.equal(await page.textContent('#progress'), said);
      await page.goto('/sandbox/lessons/');
      assert.equal(await page.locator('.lesson-list .badge').count(), 1);
      await page.context().close();
    });
  }

  it('has the newest line in sight, the next one under the fingers, and those before at the arrow keys', async () => {
    for (const width of [1280, 360]) {
      const page = await reading('alice', 'en', true, width);
      await page.goto('/sandbox/lessons/first-push/');
      for (const line of ['help', 'help', 'help', 'echo the newest']) {
        await page.fill('#line', line);
        await page.press('#line', 'Enter');
        await page.locator('.terminal .typed', { hasText: line }).last().waitFor();
      }
      const newest = page.locator('.terminal .lines > span').last();
      assert.equal(await newest.evaluate(isInSight), true, `${width} pixels wide`);
      await page.waitForFunction('document.activeElement?.id === "line"');
      await page.waitForLoadState('networkidle');
      await page.keyboard.press('ArrowUp');
      await page.keyboard.press('ArrowUp');
      assert.equal(await page.inputValue('#line'), 'help');
      await page.keyboard.press('ArrowDown');
      assert.equal(await page.inputValue('#line'), 'echo the newest');
      await page.context().close();
    }
  });

  for (const [language, name] of [
    ['en', 'carol'],
    ['zh-CN', 'doris'],
  ] as const) {
    it(`is ticked off without a reload, by any client: ${language}`, async () => {
      const page = await reading(name, language, true);
      await page.goto('/sandbox/lessons/login/');
      await page.click('button[value=begin]');
      await page.locator('.step-now').waitFor();
      assert.deepEqual(await flawsOf(page), []);
      // In the middle of a line, and with a button of the steps in use.
      await page.fill('#line', 'half a line');
      await page.locator('.step-now .copy').first().focus();
      await send(hub, 'GET /v1/users/', { auth: basic(name, 'wrong') }).expect(401);
      await page.locator('.tick').first().waitFor();
      assert.equal(await page.inputValue('#line'), 'half a line');
      await page.locator('.step-now .copy').first().waitFor({ state: 'visible' });
      await send(hub, 'GET /v1/users/', { auth: basic(name) }).expect(200);
      await page.locator('.tick').nth(1).waitFor();
      assert.deepEqual(await flawsOf(page), []);
      await page.context().close();
    });
  }
});

/** Whether something is where somebody sees it: within the window, and within what it scrolls in. */
function isInSight(element: Element): boolean {
  const { top, bottom } = element.getBoundingClientRect();
  const pane = element.closest('pre')?.getBoundingClientRect();
  return top >= Math.max(pane?.top ?? 0, 0) && bottom <= Math.min(pane?.bottom ?? 0, innerHeight);
}
