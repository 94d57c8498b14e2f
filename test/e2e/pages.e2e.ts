import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allPages } from '../pages/all-pages.ts';
import { type Browser, type BrowserPage, startBrowser } from './servers/browser.ts';
import { home } from './servers/process.ts';

/**
 * The pages in a real browser, at the width of a small phone and with JavaScript off, in light and in dark: nothing runs
 * out of the screen, what is pressed is large enough, and axe finds nothing. The pictures are kept for whoever looks.
 */
const pages = await allPages();
const pictures = join(home, 'pages');
const plain = { colorScheme: 'light', javaScriptEnabled: false } as const;
const phone = { width: 360, height: 780 };

let browser: Browser;
let axe: string;
beforeAll(async () => {
  const started = await startBrowser();
  browser = started.browser;
  axe = readFileSync(started.axe, 'utf8');
  mkdirSync(pictures, { recursive: true });
});
afterAll(() => browser?.close());

type Settings = { colorScheme: 'light' | 'dark'; javaScriptEnabled: boolean };

async function withPage<T>(
  html: string,
  settings: Settings,
  look: (page: BrowserPage) => Promise<T>,
): Promise<T> {
  const context = await browser.newContext({ viewport: phone, ...settings });
  try {
    const page = await context.newPage();
    await page.goto(`data:text/html;charset=utf-8,${encodeURIComponent(html)}`);
    return await look(page);
  } finally {
    await context.close();
  }
}

type Violation = { id: string; help: string; nodes: { target: string[]; failureSummary: string }[] };

describe.each(pages)('the page $name', ({ name, html, form }) => {
  test.each(['light', 'dark'] as const)('in %s has nothing that axe finds', async colorScheme => {
    const picture = join(pictures, `${name.replaceAll(/\W+/g, '-')}-${colorScheme}.png`);
    await withPage(html, { colorScheme, javaScriptEnabled: false }, page =>
      page.screenshot({ path: picture, fullPage: true }),
    );
    // No page has a script of its own; axe waits for timers, which need them to be on.
    await withPage(html, { colorScheme, javaScriptEnabled: true }, async page => {
      await page.evaluate(axe);
      const { violations, passes } = await page.evaluate<{ violations: Violation[]; passes: unknown[] }>(
        'axe.run(document, { resultTypes: ["violations", "passes"] })',
      );
      const found = violations.flatMap(({ id, help, nodes }) =>
        nodes.map(({ target }) => `${id}: ${help}: ${target.join(' ')}`),
      );
      expect(found).toEqual([]);
      expect(passes.length).toBeGreaterThan(10);
    });
  });

  test('fits the screen of a phone', async () => {
    await withPage(html, plain, async page => {
      expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(phone.width);
    });
  });

  test.runIf(form)('has buttons that a thumb hits, and shows where the keyboard is', async () => {
    await withPage(html, plain, async page => {
      const heights = await page.evaluate<number[]>(
        '[...document.querySelectorAll("button")].map(each => each.getBoundingClientRect().height)',
      );
      expect(Math.min(...heights)).toBeGreaterThanOrEqual(44);
      for (const _ of heights) await page.keyboard.press('Tab');
      const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineWidth');
      expect(outline).toBe('3px');
    });
  });
});
