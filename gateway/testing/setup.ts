import fc from 'fast-check';
import { vi } from 'vitest';
import { gatewaySaid } from './secrets.ts';

// The same inputs at each run, so that a failure is one of the change at hand. FC_SEED=number tries others.
fc.configureGlobal({ seed: Number(process.env.FC_SEED ?? 1) });

/** What is waited for comes at once on a quiet machine, and in some seconds on one that does everything else as well. */
const PATIENCE_MS = 20_000;

/** This file is run for each file of tests, but what it changes is of the process, which several of them may have. */
const IS_READY = Symbol.for('crosscomm: tests are set up');
const isReady = IS_READY in globalThis;
Object.assign(globalThis, { [IS_READY]: true });

if (!isReady) {
  const waitFor = vi.waitFor.bind(vi);
  vi.waitFor = (callback, options) =>
    waitFor(callback, typeof options === 'number' ? options : { timeout: PATIENCE_MS, ...options });
}

// What gateways answer to what is wrong may not have a secret.
const { fetch } = globalThis;
if (!isReady && process.env.CROSSCOMM_TEST_OUTPUT !== undefined) {
  globalThis.fetch = async (...request) => {
    const response = await fetch(...request);
    if (response.status >= 400) gatewaySaid(`${await response.clone().text()}\n`);
    return response;
  };
}
