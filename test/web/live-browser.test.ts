import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Browser } from 'playwright-core';
import { flawsOf, NO_BROWSER, startBrowser, viewer } from '../support/browser.js';
import { send } from '../support/client.js';
import { useHub } from '../support/hub.js';

/* The live page in a real browser: steps appear by themselves, a play is steered, axe finds nothing. */

describe('the live page in a browser', { skip: NO_BROWSER }, () => {
  const hub = useHub();
  let browser: Browser;
  before(async () => {
    browser = await startBrowser();
  });
  after(() => browser.close());

  for (const language of ['en', 'zh-CN'] as const) {
    it(`grows with each request, and walks a docker step by step: ${language}`, async () => {
      const context = await viewer(browser, hub.url, { language });
      context.setDefaultTimeout(60_000);
      const page = await context.newPage();
      const wrong: string[] = [];
      page.on('console', (message) => {
        if (message.type() === 'error') wrong.push(message.text());
      });
      page.on('pageerror', (error) => wrong.push(error.message));
      await page.goto('/sandbox/live/');
      await page.waitForFunction(() => document.querySelector('[data-state]')?.textContent !== '');
      await send(hub, `GET /v1/search?q=from-${language}`);
      await page.locator('.act .words', { hasText: `from-${language}` }).waitFor();
      await page.keyboard.press('Space');
      await send(hub, `GET /v1/search?q=later-${language}`);
      await page.keyboard.press('Space');
      await page.locator('.act .words', { hasText: `later-${language}` }).waitFor();

      await page.click('form[action="/sandbox/play/"] button');
      await page.click('[data-play] button[value=pause]');
      const step = page.locator('[data-play] button[value=step]');
      await page.locator('[data-play] button[value=resume]').waitFor();
      // The registration that a login begins with, the login itself, and one more.
      for (let count = 0; count < 3; count += 1) {
        await page.locator('[data-play] code').waitFor();
        await step.click();
      }
      await page.locator('.printed', { hasText: 'Login Succeeded' }).waitFor();
      assert.deepEqual(await flawsOf(page), []);
      await page.locator('.act .step a').first().click();
      await page.locator('.message').first().waitFor();
      assert.deepEqual(await flawsOf(page), []);
      assert.deepEqual(wrong, []);
      await context.close();
    });
  }
});
