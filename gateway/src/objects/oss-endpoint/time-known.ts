import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../../telemetry/log.ts';

/** Where systemd-timesyncd is while it runs, and leaves the file `synchronized` once a time server has set the clock. */
const TIMESYNC = '/run/systemd/timesync';

/**
 * Tells whether this machine's clock can be believed, for those who judge the age of a request by it. A Raspberry Pi has
 * none that runs without power; where nothing says that the time is still unknown, it is taken for known.
 */
export class TimeKnown {
  readonly #log: Log;
  readonly #folder: string;
  #isKnown: boolean;

  constructor(log: Log, folder = TIMESYNC) {
    this.#log = log;
    this.#folder = folder;
    this.#isKnown = this.#look();
    if (this.#isKnown) return;
    log.warn({}, 'no time server has set the clock yet: until then the age of signed OSS requests is not checked');
  }

  /** Once it is known it stays so. */
  isKnown(): boolean {
    if (this.#isKnown) return true;
    this.#isKnown = this.#look();
    if (this.#isKnown) this.#log.info({}, 'the clock is set: the age of signed OSS requests is checked from now on');
    return this.#isKnown;
  }

  #look(): boolean {
    return !existsSync(this.#folder) || existsSync(join(this.#folder, 'synchronized'));
  }
}
