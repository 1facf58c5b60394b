import { createReadStream } from 'node:fs';
import type { Log } from '../common/log.ts';
import { diskReserveBytes } from '../config/disk-reserve.ts';
import type { BaseConfig } from '../config/schema.ts';
import type { BackupStream } from '../storage/backup/backup-thread.ts';
import type { DailyBackups } from '../storage/backup/daily-backups.ts';
import type { BackupDesk } from '../web/api/backup.ts';
import type { OnClose } from './closers.ts';
import type { Storage } from './storage.ts';

export interface BackupsParts {
  config: Pick<BaseConfig, 'dataDir' | 'limits' | 'backup'>;
  storage: Pick<Storage, 'db' | 'clock' | 'incidents'>;
  /** How many bytes of messages the protocols may keep on the same disk, beside the hub. */
  keptBytes: number;
  log: Log;
  /** Resolves when what was taken before is on disk. */
  written(): Promise<unknown>;
}

/** By when daily backups are loaded, and what a restore has left is removed: the start has other things to do. */
const LATER_MS = 60_000;

/** What makes backups of the gateway that runs. All of that is loaded when it is needed, as most gateways are started more often. */
export function openBackups(parts: BackupsParts, onClose: OnClose): BackupDesk {
  const { config, storage, written } = parts;
  const { dataDir, backup } = config;
  const { clock, db } = storage;
  const begin = async (withObjects: boolean): Promise<BackupStream> => {
    await written();
    const { backUpRunning } = await import('../storage/backup/begin-backup.ts');
    return await backUpRunning({ dataDir, withObjects, clock }, db);
  };
  const kept = async () => new (await import('../storage/backup/kept-backups.ts')).KeptBackups(dataDir);
  let days: DailyBackups | undefined;
  let isClosed = false;
  const cancel = clock.after(LATER_MS, () => {
    void openDaily(parts, () => begin(false)).then((opened) => {
      days = opened;
      if (isClosed) void opened.close();
    });
  });
  onClose(async () => {
    isClosed = true;
    cancel();
    await days?.close();
  });
  return {
    begin,
    daily: () => (backup.keep === 0 ? undefined : { ...backup, fault: days?.fault }),
    async list() {
      return (await (await kept()).list()).map(({ name, number, bytes, header }) => ({
        ...{ name, bytes, gateway: header.gateway, isDaily: number > 0 },
        createdMs: header.isClockTrusted ? header.createdMs : null,
      }));
    },
    async open(name) {
      const found = await (await kept()).find(name);
      if (!found) return undefined;
      const stream = createReadStream(found.path);
      return { pieces: stream, bytes: found.bytes, close: () => void stream.destroy() };
    },
  };
}

async function openDaily(
  { config, storage: { clock, incidents }, keptBytes, log }: BackupsParts,
  begin: () => Promise<BackupStream>,
): Promise<DailyBackups> {
  const [{ DailyBackups }, { KeptBackups }, { removeUnpacked }, { roomIn }] = await Promise.all([
    import('../storage/backup/daily-backups.ts'),
    import('../storage/backup/kept-backups.ts'),
    import('../storage/backup/take-place.ts'),
    import('../storage/backup/backup-room.ts'),
  ]);
  const { dataDir, backup } = config;
  const kept = new KeptBackups(dataDir);
  return new DailyBackups({
    ...{ ...backup, kept, clock, begin },
    room: () =>
      roomIn(dataDir, { dataDir, reserveBytes: (diskBytes) => diskReserveBytes(config, keptBytes, diskBytes) }),
    report: (incident) => incidents.report(incident),
    done: (path) => log.info({ path }, 'The backup of the day was made.'),
    async tidy() {
      await removeUnpacked(dataDir);
      await kept.tidy();
    },
  });
}
