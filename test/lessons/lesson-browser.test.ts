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

  const reading = async (name: string, language: 'en' | 'zh-CN', script: boolean) => {
    const context = await viewer(browser, hub.url, { language, script });
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
      await type(page, `docker login -u ${name} -p ${PASSWORD} -e ${name}@example.com`);
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
