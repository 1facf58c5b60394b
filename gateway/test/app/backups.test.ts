import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { describe, expect, it } from 'vitest';
import { startGateway } from '../../src/app/start-gateway.ts';
import { restoreBackup } from '../../src/storage/backup/restore-backup.ts';
import type { Backups } from '../../src/web/api/backup.ts';

const ANY_PORT = { host: '127.0.0.1', port: 0 };
const MINUTE_MS = 60_000;

describe('a gateway that makes backups by itself', () => {
  const clock = new FakeClock(new Date('2026-11-30T12:00').getTime());

  it('lists them, and gives them out', async () => {
    const dataDir = join(await temporaryFolder(), 'data');
    const configuration = {
      ...{ dataDir, backup: { keep: 2, at: '04:30' }, serial: { autoDetect: false } },
      ...{ http: ANY_PORT, oocsi: ANY_PORT, mqtt: ANY_PORT, oss: ANY_PORT },
    };
    const gateway = await startGateway(configuration, { clock });
    try {
      const url = `http://127.0.0.1:${gateway.doors.http.port}/api/v1/backups`;
      const backups = async (): Promise<Backups> => (await (await fetch(url)).json()) as Backups;
      expect(await backups()).toEqual({ daily: { keep: 2, at: '04:30', fault: null }, kept: [] });
      // What makes them is loaded a minute after the start.
      clock.advance(MINUTE_MS);
      await expect
        .poll(async () => {
          clock.advance(MINUTE_MS);
          return (await backups()).kept.length;
        })
        .toBe(1);
      const { kept } = await backups();
      const name = 'daily-000001-2026-11-30.tar';
      expect(kept).toMatchObject([{ name, isDaily: true, gateway: expect.stringMatching(/^\d/) }]);
      const answer = await fetch(`${url}/${name}`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/x-tar']);
      expect(answer.headers.get('content-length')).toBe(String(kept[0]?.bytes));
      const copy = join(await temporaryFolder(), 'copy.tar');
      await writeFile(copy, Buffer.from(await answer.arrayBuffer()));
      const { header } = await restoreBackup(copy, join(await temporaryFolder(), 'data'), new Date(0));
      expect(header).toMatchObject({ createdMs: kept[0]?.createdMs, withObjects: false });
      for (const nothing of ['daily-000009.tar', '..%2Faccounts.json', 'daily-000001-2026-11-30.tar.new']) {
        expect((await fetch(`${url}/${nothing}`)).status).toBe(404);
      }

      // The disk has lost a file of the database.
      await rename(join(dataDir, 'state', 'CURRENT'), join(dataDir, 'elsewhere'));
      const failed = await fetch(url.replace(/s$/, ''));
      const message = expect.stringMatching(/^The data directory .* could not be backed up: ENOENT/);
      expect([failed.status, await failed.json()]).toEqual([500, { error: { code: 'BACKUP_FAILED', message } }]);
      await rename(join(dataDir, 'elsewhere'), join(dataDir, 'state', 'CURRENT'));
    } finally {
      await gateway.stop();
    }
  });
});
