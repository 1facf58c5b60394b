import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };

/** What a page shows is there at once on a quiet machine; on one that does everything else as well, a step of a test may take this long. */
const PATIENCE_MS = 90_000;

/** A page that is watched: it asks no other host, and nothing fails in it. */
export interface WatchedPage {
  page: Page;
  /** What went wrong in it: errors that it threw or logged, and requests to other hosts. A test expects none. */
  faults: string[];
}

/** Opens an address in a window of its own, without anything of those before it. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: DESKTOP, locale: 'en', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const { host } = new URL(url);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`${message.text()} (${message.location().url})`);
  });
  page.on('request', (request) => {
    const address = new URL(request.url());
    if (!['data:', 'blob:'].includes(address.protocol) && address.host !== host) faults.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  return { page, faults };
}

/** What axe-core finds that keeps people from using a page, each in one line. */
export async function barriersIn(page: Page): Promise<string[]> {
  const source = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  await page.evaluate(source);
  return await page.evaluate<string[]>(`axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html }) => html.slice(0, 200)).join(' ')))`);
}

/** By how many pixels a page is wider than the window. */
export async function overflowOf(page: Page): Promise<number> {
  return await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
}

/** What keeps people from using a page, or from seeing all of it, each in one line: nothing, in a good one. */
export async function flawsOf(page: Page): Promise<string[]> {
  const overflow = await overflowOf(page);
  return [...(await barriersIn(page)), ...(overflow > 0 ? [`it is wider than the window, by ${overflow} pixels`] : [])];
}
