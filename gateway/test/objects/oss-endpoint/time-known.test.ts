import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { TimeKnown } from '../../../src/objects/oss-endpoint/time-known.ts';
import { MemoryLog } from '../../support/memory-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

it('does not know the time until a time server has set the clock, and says both once', async () => {
  const folder = await temporaryFolder();
  const log = new MemoryLog();
  const time = new TimeKnown(log, folder);
  expect([time.isKnown(), time.isKnown()]).toEqual([false, false]);
  writeFileSync(join(folder, 'synchronized'), '');
  expect([time.isKnown(), time.isKnown()]).toEqual([true, true]);
  expect(log.lines).toEqual([
    expect.stringMatching(/^warn no time server/),
    expect.stringMatching(/^info the clock is set/),
  ]);
});

it('knows the time where nothing says that it does not', async () => {
  const log = new MemoryLog();
  expect(new TimeKnown(log, join(await temporaryFolder(), 'none')).isKnown()).toBe(true);
  expect(log.lines).toEqual([]);
});
