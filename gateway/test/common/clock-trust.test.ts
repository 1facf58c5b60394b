import { FakeClock } from '@crosscomm/testing/fake-clock';
import { MemoryLog } from '@crosscomm/testing/memory-log';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ClockState, ClockTrust } from '../../src/common/clock-trust.ts';
import { readTimedatectl } from '../../src/common/timedatectl.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

async function watch(first: ClockState) {
  const clock = new FakeClock();
  const log = new MemoryLog();
  const answers = { next: first };
  const trust = new ClockTrust({ clock, log, ask: async () => answers.next });
  onTestFinished(() => trust.stop());
  await trust.start();
  const turn = async (ms: number): Promise<void> => {
    clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { clock, log, answers, trust, turn };
}

describe('trust in the wall clock', () => {
  it('is not there until a time server has set the clock, and the log says both once', async () => {
    const { log, answers, trust, turn } = await watch('unset');
    expect([trust.isTrusted(), trust.isTrusted()]).toEqual([false, false]);
    await turn(HOUR_MS);
    expect(trust.isTrusted()).toBe(false);
    answers.next = 'set';
    await turn(30_000);
    expect([trust.isTrusted(), trust.isSynchronized()]).toEqual([true, true]);
    expect(log.lines).toEqual([
      expect.stringMatching(/^warn the clock is not known to be right yet/),
      expect.stringMatching(/^info the clock is known to be right/),
    ]);
  });

  it('is there where nobody can tell, in silence', async () => {
    const { log, trust } = await watch('untold');
    expect(trust.isTrusted()).toBe(true);
    expect(log.lines).toEqual([]);
  });

  it('comes back by itself after the step with which a time server sets the clock', async () => {
    const { clock, answers, trust, turn } = await watch('unset');
    clock.jumpTo(clock.now() + YEAR_MS);
    answers.next = 'set';
    expect(trust.isTrusted()).toBe(false);
    await turn(0);
    expect(trust.isTrusted()).toBe(true);
  });

  it.each([YEAR_MS, -YEAR_MS])(
    'goes with a step of %d ms, until the system says that the clock is set',
    async (stepMs) => {
      const { clock, answers, trust, turn } = await watch('set');
      answers.next = 'unset';
      clock.jumpTo(clock.now() + stepMs);
      expect(trust.isTrusted()).toBe(false);
      await turn(48 * HOUR_MS);
      expect(trust.isTrusted()).toBe(false);
      answers.next = 'set';
      await turn(30_000);
      expect(trust.isTrusted()).toBe(true);
    },
  );

  it('stays after such a step where nobody can tell, as a person sets the clock there, but no server vouches for it', async () => {
    const { clock, trust, turn } = await watch('untold');
    clock.jumpTo(clock.now() + YEAR_MS);
    await turn(0);
    expect([trust.isTrusted(), trust.isSynchronized()]).toEqual([true, false]);
  });

  it('notices a step by itself, though nobody asks for the trust', async () => {
    const { clock, log, answers, turn } = await watch('set');
    answers.next = 'unset';
    clock.jumpTo(clock.now() + YEAR_MS);
    await turn(30_000);
    expect(log.lines).toEqual([
      expect.stringMatching(/^warn the wall clock stepped/),
      expect.stringMatching(/^warn the clock is not known to be right yet/),
    ]);
  });

  it('bears steps of an hour', async () => {
    const { clock, trust } = await watch('set');
    clock.jumpTo(clock.now() + HOUR_MS);
    clock.jumpTo(clock.now() - 2 * HOUR_MS);
    expect(trust.isTrusted()).toBe(true);
  });
});

describe('what timedatectl says', () => {
  it.each([
    ['a time server has set the clock', 'NTP=yes\nNTPSynchronized=yes\n', 'set'],
    ['an ntpd that systemd does not manage has set the clock', 'NTP=no\nNTPSynchronized=yes\n', 'set'],
    ['no time server has answered yet', 'NTP=yes\nNTPSynchronized=no\n', 'unset'],
    ['time servers are switched off: the clock is a person’s', 'NTP=no\nNTPSynchronized=no\n', 'untold'],
    ['an old systemd that knows no such property', '', 'untold'],
  ] as const)('%s', (_, output, state) => {
    expect(readTimedatectl(output)).toBe(state);
  });
});
