import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { NO_BROWSER, startBrowser, type Viewing, viewer } from '../support/browser.js';
import { basic, PASSWORD, send } from '../support/client.js';
import { useHub } from '../support/hub.js';

/* The pages of a class in a real browser: the way of a teacher without a script, the board by itself. */

describe('a class in a browser', { skip: NO_BROWSER }, () => {
  const hub = useHub({ class: 4 });
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  const enter = async (viewing: Viewing, name = 'admin', password = PASSWORD): Promise<Page> => {
    const context = await viewer(browser, hub.url, viewing);
    context.setDefaultTimeout(60_000);
    const page = await context.newPage();
    await page.goto('/account/login/?next=/sandbox/lessons/first-push/');
    await page.fill('#id_username', name);
    await page.fill('#id_password', password);
    await page.click('#form-login input[type=submit]');
    return page;
  };

  /** The password on a card, as the teacher reads it. */
  const cardOf = async (teacher: Page, name: string): Promise<string> => {
    await teacher.goto(`/sandbox/class/cards/?only=${name}`);
    return String(await teacher.textContent('.card div:nth-child(3) code'));
  };

  it('a teacher hands out cards, sees a step, helps, and freezes sign-ups without a script', async () => {
    const teacher = await enter({ script: false });
    const student = await enter({}, 'student01', await cardOf(teacher, 'student01'));
    await student.click('button[value=begin]');
    await teacher.goto('/sandbox/class/');
    assert.equal(await teacher.locator('.board tbody tr').count(), 4);
    assert.match(String(await teacher.textContent('.board tbody tr')), /0\/2/);
    await teacher.click('.board tbody th a');
    await teacher.click('button[value=restore]');
    assert.equal(await teacher.locator('.alert-good').count(), 1);
    await teacher.check('input[name=sure]');
    await teacher.click('button[value=reset]');
    assert.equal(await teacher.locator('.alert-good').count(), 1);
    await teacher.goto('/sandbox/class/');
    await teacher.click('button[value=freeze]');
    const body = { username: 'newcomer', password: PASSWORD, email: 'n@example.com' };
    await send(hub, 'POST /v1/users/', { body }).expect(401);
    await teacher.click('button[value=thaw]');
    await student.context().close();
    await teacher.context().close();
  });

  it('the board and the wall update by themselves', async () => {
    const teacher = await enter({});
    const password = await cardOf(teacher, 'student02');
    const wall = await teacher.context().newPage();
    await wall.goto('/sandbox/class/projector/?follow=student02');
    await teacher.goto('/sandbox/class/');
    const auth = basic('student02', password);
    await send(hub, 'GET /v1/search?q=by-itself', { auth }).expect(200);
    await wall.locator('.act .words', { hasText: 'by-itself' }).waitFor();
    await teacher.bringToFront();
    await teacher.locator('.latest', { hasText: 'by-itself' }).waitFor();
    await teacher.context().close();
  });
});
