import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { askTimedatectl } from '../../src/common/timedatectl.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** What is heard of a machine with systemd, on which `timedatectl` is this shell script. */
async function ask(script: string) {
  const folder = await temporaryFolder();
  const program = join(folder, 'timedatectl');
  writeFileSync(program, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return askTimedatectl(program, folder);
}

describe('the question to the system whether its clock is right', () => {
  it('is answered by timedatectl, whichever program keeps the time', async () => {
    expect(
      await ask(
        '[ "$*" = "show --property=NTP --property=NTPSynchronized" ] && printf "NTP=yes\\nNTPSynchronized=yes\\n"',
      ),
    ).toBe('set');
    expect(await ask('printf "NTP=yes\\nNTPSynchronized=no\\n"')).toBe('unset');
  });

  it.each([
    ['fails, as without D-Bus', 'echo "Failed to connect to bus" >&2; exit 1'],
    ['is older than its command show', 'echo "Unknown operation show." >&2; exit 1'],
    ['says nothing', ':'],
  ])('cannot be answered where timedatectl %s', async (_what, script) => {
    expect(await ask(script)).toBe('untold');
  });

  it('cannot be answered where there is no timedatectl, or no systemd', async () => {
    const folder = await temporaryFolder();
    expect(await askTimedatectl(join(folder, 'none'), folder)).toBe('untold');
    expect(await askTimedatectl('/bin/false', join(folder, 'none'))).toBe('untold');
  });
});
