/*
 * A real browser for the pages: Debian's chromium, driven by playwright-core. Where there is none, tests say so by name.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why browser tests are skipped; false where they are not. */
export const NO_BROWSER: string | false = existsSync(CHROMIUM)
  ? false
  : `there is no ${CHROMIUM}: install chromium, or name one by CHROMIUM`;

/** Starts the browser. It has no sandbox of its own, which needs rights that containers do not give. */
export function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] });
}

/** How somebody looks at the pages. */
export interface Viewing {
  readonly language?: 'en' | 'zh-CN';
  readonly colours?: 'light' | 'dark';
  /** Pixels. */
  readonly width?: number;
  readonly height?: number;
  /** False: pages have to do without their script. */
  readonly script?: boolean;
}

/** A browser of its own for one person, at a hub. */
export function viewer(
  browser: Browser,
  url: string,
  viewing: Viewing = {},
): Promise<BrowserContext> {
  const { language = 'en', colours = 'light', width = 1200, height = 800, script = true } = viewing;
  return browser.newContext({
    baseURL: url,
    locale: language,
    colorScheme: colours,
    viewport: { width, height },
    javaScriptEnabled: script,
  });
}

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** What axe finds on a page: rule and places. Needs a page with script. */
export async function flawsOf(page: Page): Promise<string[]> {
  const { readFile } = await import('node:fs/promises');
  await page.evaluate(await readFile(AXE, 'utf8'));
  // A row that is still fading in has too little contrast for a moment.
  await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)));
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
      };
    };
    const { violations } = await axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  });
}
