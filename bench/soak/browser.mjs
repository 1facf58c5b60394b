import { launchChromium } from '../../scripts/lib/chromium.mjs';

/** @import { Page } from 'playwright-core' */

const SIZE = { width: 1280, height: 800 };
const FIRST_PICTURE = `performance.getEntriesByName('first-contentful-paint')[0]?.startTime`;
/** What a page counts: how many pictures it has drawn since it was asked last, and how long it waited for one at most. */
const COUNT_FRAMES = `(() => {
  let last = performance.now();
  globalThis.frames = { count: 0, longestMs: 0 };
  const next = (now) => {
    frames.count++;
    frames.longestMs = Math.max(frames.longestMs, now - last);
    last = now;
    requestAnimationFrame(next);
  };
  requestAnimationFrame(next);
})()`;

/** So many times slower is the processor that the first picture is waited for with. */
export const SLOWED = 6;
/** How often: the middle of these counts. */
const OPENINGS = 5;

/**
 * How long the first picture of the dashboard takes in a Chromium that has never seen it, with its processor slowed, in ms.
 * @param {string} url
 */
export async function firstPictureMs(url) {
  const browser = await launchChromium();
  const times = [];
  for (let opening = 0; opening < OPENINGS; opening++) {
    const context = await browser.newContext({ viewport: SIZE, locale: 'en' });
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: SLOWED });
    await page.goto(url);
    await page.waitForFunction(FIRST_PICTURE);
    times.push(/** @type {number} */ (await page.evaluate(FIRST_PICTURE)));
    await context.close();
  }
  await browser.close();
  return times;
}

/** Opens the dashboard in headless Chromium. @param {string} url */
export async function openDashboard(url) {
  const browser = await launchChromium();
  const page = await browser.newPage({ viewport: SIZE, locale: 'en' });
  /** @type {string[]} */
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.goto(url);
  await page.evaluate(COUNT_FRAMES);
  return { page, faults, heapMb: await heapMeter(page), close: () => browser.close() };
}

/**
 * What the page's memory is after its garbage is collected, in MB.
 * @param {Page} page
 */
async function heapMeter(page) {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.enable');
  return async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return usedSize / 1024 / 1024;
  };
}

/**
 * The pictures a second since it was asked last.
 * @param {Page} page
 * @returns {Promise<{ count: number, longestMs: number }>}
 */
export async function takeFrames(page) {
  return await page.evaluate('(() => { const was = frames; frames = { count: 0, longestMs: 0 }; return was; })()');
}
