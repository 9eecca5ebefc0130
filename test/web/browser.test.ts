import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { NO_BROWSER, startBrowser, type Viewing, viewer } from '../support/browser.js';
import { basic, PASSWORD } from '../support/client.js';
import { furniture } from '../support/furnished.js';
import { useHub } from '../support/hub.js';
import { makeImage } from '../support/images.js';
import { pushImage } from '../support/pushes.js';

/* The pages in a real browser: the flows of people in both languages, without a script; keys. */

describe('in a browser', { skip: NO_BROWSER }, () => {
  const hub = useHub({ seed: furniture() });
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  const open = async (viewing: Viewing): Promise<Page> => {
    const context = await viewer(browser, hub.url, viewing);
    context.setDefaultTimeout(60_000);
    return context.newPage();
  };

  const logIn = async (page: Page, name: string): Promise<void> => {
    await page.goto('/account/login/');
    await page.fill('#id_username', name);
    await page.fill('#id_password', PASSWORD);
    await page.click('#form-login input[type=submit]');
  };

  for (const [language, name] of [
    ['en', 'newcomer'],
    ['zh-CN', 'xinren'],
  ] as const) {
    it(`somebody signs up, makes, changes, pushes and deletes without a script: ${language}`, async () => {
      const page = await open({ language, script: false });
      await page.goto('/');
      assert.equal(await page.getAttribute('html', 'lang'), language);
      await page.fill('#id_username', name);
      await page.fill('#id_email', `${name}@example.com`);
      await page.fill('#id_password1', PASSWORD);
      await page.fill('#id_password2', PASSWORD);
      await page.click('#form-signup button');
      assert.equal(new URL(page.url()).pathname, '/account/welcome/');
      await page.click('a[href="/account/repositories/add/"]');
      await page.fill('#id_name', 'web');
      await page.fill('#id_full_description', '# Title\n\n<b>bold</b>');
      await page.check('input[name=is_private][value=on]');
      await page.click('main form button');
      assert.equal(new URL(page.url()).pathname, `/u/${name}/web/`);
      assert.match(String(await page.textContent('.markdown')), /Title\s+<b>bold<\/b>/);
      await page.click('.nav-tabs a[href$="/settings/"]');
      await page.check('input[name=is_private][value=off]');
      await page.click('form[name=repository_settings] button');
      assert.equal(await page.locator('.alert-good').count(), 1);
      const image = makeImage(`browser ${name}`);
      await pushImage(hub, basic(name), `${name}/web`, image, 'latest');
      await pushImage(hub, basic(name), `${name}/web`, image, 'old');
      await page.click('.nav-tabs a[href$="/tags/manage/"]');
      assert.match(String(await page.textContent('.also >> nth=0')), /old/);
      await page.check('input[name=tag][value=old]');
      await page.click('#delete-tags button');
      assert.equal(await page.locator('.tags-table tbody tr').count(), 1);
      await page.click('.nav-tabs a[href$="/layers/"]');
      assert.equal(await page.locator('.stack > li').count(), 1);
      await page.fill('#search', `${name}/web`);
      await page.press('#search', 'Enter');
      assert.equal(await page.locator('.repo-list-item').count(), 1);
      await page.goto(`/u/${name}/web/delete/`);
      await page.fill('#id_name', 'something else');
      await page.click('form[name=repository_delete] button');
      assert.equal(await page.locator('.alert-error').count(), 1);
      await page.fill('#id_name', `${name}/web`);
      await page.click('form[name=repository_delete] button');
      assert.equal((await page.goto(`/u/${name}/web/`))?.status(), 404);
      await page.click('.links form button');
      assert.equal((await page.goto('/account/welcome/'))?.url().includes('/account/login/'), true);
      await page.context().close();
    });
  }

  it('keys search, walk, open and leave; a button copies; no other host is asked for anything', async () => {
    const page = await open({});
    const asked = new Set<string>();
    const complaints: string[] = [];
    page.on('request', (request) => asked.add(new URL(request.url()).origin));
    page.on('console', (message) => complaints.push(message.text()));
    await logIn(page, 'jamtur01');
    // Its script listens once it is loaded.
    await page.goto('/');
    await page.keyboard.press('/');
    await page.keyboard.type('web');
    assert.equal(await page.inputValue('#search'), 'web');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('k');
    await page.keyboard.press('Enter');
    await page.waitForURL('**/u/jamtur01/**');
    await page.goto('/u/jamtur01/static_web/');
    await page.click('.pull .copy');
    await page.waitForFunction(
      () => document.querySelector('.pull .copy')?.textContent === 'Copied',
    );
    assert.deepEqual([...asked], [hub.url]);
    assert.deepEqual(complaints, []);
    await page.context().close();
  });

  it('the language and the colours stay as they were chosen', async () => {
    const page = await open({ language: 'en' });
    await page.goto('/?lang=zh');
    await page.goto('/?theme=dark');
    await page.goto('/search');
    assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
    assert.equal(await page.getAttribute('html', 'data-theme'), 'dark');
    await page.context().close();
  });
});
