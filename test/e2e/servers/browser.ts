import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ensureProgram, findOnPath } from './debian.ts';
import { home, runToEnd } from './process.ts';

/** Both without dependencies of their own; the browser is Debian's. */
const packages = { 'playwright-core': '1.65.1', 'axe-core': '4.14.1' };

const folder = join(home, 'browser');

/** What the suite needs of playwright-core, whose own types are not among the project's. */
export type BrowserPage = {
  setContent(html: string): Promise<void>;
  goto(url: string): Promise<unknown>;
  evaluate<T>(script: string): Promise<T>;
  screenshot(options: { path: string; fullPage: boolean }): Promise<unknown>;
  keyboard: { press(key: string): Promise<void> };
  close(): Promise<void>;
};
export type BrowserContext = { newPage(): Promise<BrowserPage>; close(): Promise<void> };
export type Browser = {
  newContext(options: {
    viewport: { width: number; height: number };
    javaScriptEnabled: boolean;
    colorScheme: 'light' | 'dark';
  }): Promise<BrowserContext>;
  close(): Promise<void>;
};

/** Starts Debian's Chromium by a pinned playwright-core. Throws with what is missing. */
export async function startBrowser(): Promise<{ browser: Browser; axe: string }> {
  const executablePath = ensureProgram(findOnPath('chromium'), ['chromium']);
  install();
  const require = createRequire(join(folder, 'package.json'));
  const { chromium } = require('playwright-core') as {
    chromium: { launch(options: object): Promise<Browser> };
  };
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  return { browser, axe: require.resolve('axe-core/axe.min.js') };
}

function install(): void {
  const missing = Object.entries(packages).filter(([name, version]) => {
    const file = join(folder, 'node_modules', name, 'package.json');
    return !existsSync(file) || createRequire(file)(file).version !== version;
  });
  if (missing.length === 0) return;
  const wanted = Object.entries(packages).map(([name, version]) => `${name}@${version}`);
  runToEnd('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder, ...wanted]);
}
