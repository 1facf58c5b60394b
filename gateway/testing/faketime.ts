import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where Debian's package faketime has its library; the dynamic linker fills in the machine's kind. */
const LIBRARY = '/usr/$LIB/faketime/libfaketime.so.1';

/** The wall clock of another process, which a test steps; its monotonic clock goes on as ever. */
export class SteppedClock {
  readonly #file: string;
  readonly #programs: string;

  /** Keeps two files in `folder`. */
  constructor(folder: string) {
    this.#file = join(folder, 'faketime');
    this.#programs = join(folder, 'bin');
    this.stepTo(0);
    // On a machine with systemd, a clock that is known to be right and yet a year ahead would be no Pi's.
    mkdirSync(this.#programs);
    const answer = '#!/bin/sh\necho NTP=yes\necho NTPSynchronized=no\n';
    writeFileSync(join(this.#programs, 'timedatectl'), answer, { mode: 0o755 });
  }

  /** What the process needs to see this clock. */
  get env(): NodeJS.ProcessEnv {
    return {
      LD_PRELOAD: LIBRARY,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
      PATH: `${this.#programs}:${process.env.PATH}`,
    };
  }

  /** Sets the wall clock `aheadMs` ahead of this machine's. */
  stepTo(aheadMs: number): void {
    const seconds = Math.round(aheadMs / 1000);
    writeFileSync(this.#file, `${seconds < 0 ? '' : '+'}${seconds}s\n`);
  }
}
