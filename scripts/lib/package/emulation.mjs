import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fail, runLoud } from '../progress.mjs';

/** @typedef {import('./modules.mjs').Architecture} Architecture */

/** Where the kernel learns which program runs binaries of another architecture. */
const REGISTRY = '/proc/sys/fs/binfmt_misc';
/** How qemu calls it. @type {Record<Architecture, string>} */
const PROCESSORS = { amd64: 'x86_64', arm64: 'aarch64', armhf: 'arm' };

/**
 * The oldest processor of a Raspberry Pi for which a package is: Pi 3, Pi 2. A binary that needs more fails in the test as it would there.
 * @type {Partial<Record<Architecture, string>>}
 */
export const OLDEST = { arm64: 'cortex-a53', armhf: 'cortex-a7' };

/**
 * Does `work` while this machine runs programs of that architecture, by qemu-user; afterwards it is as before.
 *
 * @param {Architecture} architecture
 * @param {boolean} isNative it runs them anyway
 * @param {() => Promise<void>} work
 */
export async function emulated(architecture, isNative, work) {
  const name = `qemu-${PROCESSORS[architecture]}`;
  if (isNative || existsSync(`${REGISTRY}/${name}`)) return await work();
  if (!existsSync(`${REGISTRY}/register`)) runLoud('mount', ['-t', 'binfmt_misc', 'binfmt_misc', REGISTRY]);
  const rule = `/usr/lib/binfmt.d/${name}.conf`;
  if (!existsSync(rule)) fail(`qemu-user-static has no rule for ${architecture}: ${rule} is missing.`, 2);
  // The flag F, which is in it, opens the emulator now, so that a root without it can use it.
  writeFileSync(`${REGISTRY}/register`, readFileSync(rule));
  try {
    await work();
  } finally {
    writeFileSync(`${REGISTRY}/${name}`, '-1');
  }
}
