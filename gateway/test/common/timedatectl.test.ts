import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it } from 'vitest';
import { askTimedatectl } from '../../src/common/timedatectl.ts';

/** What is heard of a machine with systemd, on which `timedatectl` is this shell script. */
async function ask(script: string, answeredMs?: number) {
  const systemd = await temporaryFolder();
  const program = join(systemd, 'timedatectl');
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  const timesync = join(systemd, 'synchronized');
  if (answeredMs !== undefined) {
    writeFileSync(timesync, '');
    utimesSync(timesync, answeredMs / 1000, answeredMs / 1000);
  }
  return askTimedatectl({ program, systemd, timesync });
}

const UNSET = 'printf "NTP=yes\\nNTPSynchronized=no\\n"';
const DAY_MS = 86_400_000;

describe('the question to the system whether its clock is right', () => {
  it('is answered by timedatectl, whichever program keeps the time', async () => {
    expect(
      await ask(
        '[ "$*" = "show --property=NTP --property=NTPSynchronized" ] && printf "NTP=yes\\nNTPSynchronized=yes\\n"',
      ),
    ).toBe('set');
    expect(await ask(UNSET)).toBe('unset');
  });

  it.each([
    ['fails, as without D-Bus', 'echo "Failed to connect to bus" >&2; exit 1'],
    ['is older than its command show', 'echo "Unknown operation show." >&2; exit 1'],
    ['says nothing', ':'],
  ])('cannot be answered where timedatectl %s', async (_what, script) => {
    expect(await ask(script)).toBe('untold');
  });

  it('is answered by systemd-timesyncd’s mark where the network has been down for a night', async () => {
    expect(await ask(UNSET, Date.now() - DAY_MS)).toBe('set');
  });

  it.each([
    ['ahead', -365],
    ['back', 1],
  ])('takes no notice of that mark where the wall clock stepped %s since', async (_what, days) => {
    expect(await ask(UNSET, Date.now() + days * DAY_MS)).toBe('unset');
  });

  it('cannot be answered where there is no timedatectl, or no systemd', async () => {
    const folder = await temporaryFolder();
    expect(await askTimedatectl({ program: join(folder, 'none'), systemd: folder })).toBe('untold');
    expect(await askTimedatectl({ program: '/bin/false', systemd: join(folder, 'none') })).toBe('untold');
  });
});
