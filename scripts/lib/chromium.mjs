import { spawnSync } from 'node:child_process';
import { chromium } from 'playwright-core';

/** What a container needs, and a machine without a screen. */
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];

/** Starts the Chromium of this machine without a window; close it at the end. */
export async function launchChromium() {
  const executablePath = spawnSync('sh', ['-c', 'command -v chromium'], { encoding: 'utf8' }).stdout.trim();
  if (executablePath === '') throw new Error('Chromium is missing: npm test installs it.');
  return await chromium.launch({ executablePath, args: FLAGS });
}
