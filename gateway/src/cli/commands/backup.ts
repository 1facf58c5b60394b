import { createReadStream, existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { type Config, reserveBytesOf } from '../../app/config.ts';
import { systemClock } from '../../common/clock.ts';
import { GatewayError } from '../../common/errors.ts';
import { roomIn, tooLittleRoom } from '../../storage/backup/backup-room.ts';
import { backUpAtRest } from '../../storage/backup/begin-backup.ts';
import type { BackupHeader } from '../../storage/backup/format.ts';
import { BackupFault, checkedPieces } from '../../storage/backup/read-backup.ts';
import { backupError, restoreBackup } from '../../storage/backup/restore-backup.ts';
import { saveBackup } from '../../storage/backup/save-backup.ts';
import { atOperatorsPlace, type PlaceOptions, placeConfig } from '../operator-place.ts';
import { mustBeHere } from '../reach.ts';
import { callOf, EXIT, type Shell, say, UsageError } from '../shell.ts';
import { type GatewayStream, streamOfGateway } from '../stream-of-gateway.ts';

export interface BackupOptions extends PlaceOptions {
  objects?: boolean;
  json?: boolean;
}

export interface RestoreOptions extends PlaceOptions {
  check?: boolean;
  json?: boolean;
}

/** `crosscomm backup`. */
export async function backup(shell: Shell, file: string, options: BackupOptions): Promise<number> {
  mustBeHere(shell, options, 'A program elsewhere gets a backup from /api/v1/backup.');
  const config = placeConfig(shell, options);
  const { dataDir } = config;
  if (!existsSync(dataDir)) {
    throw new UsageError(`There is nothing to back up: no gateway has run with the data folder ${dataDir} yet.`);
  }
  const path = resolve(shell.cwd, file);
  if (!existsSync(dirname(path))) throw new UsageError(`There is no folder ${dirname(path)} for the backup.`);
  const withObjects = options.objects === true;
  const stream: GatewayStream = await atOperatorsPlace(
    shell,
    { dataDir },
    {
      running: (gateway) => streamOfGateway(shell, gateway, `/api/v1/backup?objects=${withObjects}`),
      resting: async () => await backUpAtRest({ dataDir, withObjects, clock: systemClock }),
    },
  );
  let header: BackupHeader | undefined;
  const checked = checkedPieces(untilEnded(shell, stream.pieces), (found) => {
    header = found;
  });
  const bytes = await save(path, checked, stream.bytes ?? 0, config).catch((error: unknown) => {
    stream.close();
    throw failed(shell, path, error);
  });
  if (options.json) say(shell, JSON.stringify({ file: path, bytes, ...viewOf(header as BackupHeader) }));
  else {
    const without = withObjects ? 'files and images included' : 'without files and images, which --objects adds';
    say(shell, `${path}: ${sizeOf(bytes)}, ${without}. It holds keys: keep it where nobody else can read it.`);
  }
  return EXIT.fine;
}

/** Writes it while enough is left for messages, and for others who write to that disk. */
async function save(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  expected: number,
  config: Config,
): Promise<number> {
  const { dataDir } = config;
  const reserveBytes = (diskBytes: number): number => reserveBytesOf(config, diskBytes);
  const check = async (bytes: number): Promise<void> => {
    const reason = tooLittleRoom(bytes, await roomIn(dirname(path), { dataDir, reserveBytes }));
    if (reason === undefined) return;
    throw new GatewayError('BACKUP_FAILED', `${path} was not written: ${reason}, or write it to another disk.`);
  };
  await check(expected);
  return await saveBackup(path, pieces, { check: () => check(0) });
}

/** `crosscomm restore`. */
export async function restore(shell: Shell, file: string, options: RestoreOptions): Promise<number> {
  const path = resolve(shell.cwd, file);
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw new UsageError(`There is no file ${path}.`);
  if (options.check) return await check(shell, path, options);
  mustBeHere(shell, options, 'A backup is restored on the machine of the gateway.');
  const { dataDir } = placeConfig(shell, options);
  await atOperatorsPlace(
    shell,
    { dataDir, isReading: true },
    {
      running: async () => {
        throw new GatewayError(
          'DATA_DIR_LOCKED',
          `A gateway runs with the data folder ${dataDir}: stop it, restore, and start it again.`,
        );
      },
      resting: async () => {},
    },
  );
  const { header, replaced } = await restoreBackup(path, dataDir, new Date()).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  if (options.json) {
    say(shell, JSON.stringify({ dataDir, replaced: replaced ?? null, ...viewOf(header) }));
    return EXIT.fine;
  }
  say(shell, `${dataDir} is as it was on ${timeOf(header)}. Start the gateway.`);
  if (!header.withObjects) say(shell, 'The backup is without files and images; those that were there stay.');
  if (replaced !== undefined) {
    say(shell, `What was there before is in ${join(dataDir, replaced)}; remove that folder once all is well.`);
  }
  return EXIT.fine;
}

async function check(shell: Shell, path: string, { json }: RestoreOptions): Promise<number> {
  let header: BackupHeader | undefined;
  try {
    const pieces = createReadStream(path, { highWaterMark: 256 * 1024 });
    for await (const _ of checkedPieces(pieces, (found) => (header = found)));
  } catch (error) {
    throw unreadable(path, backupError(path, error));
  }
  if (json) say(shell, JSON.stringify({ file: path, ...viewOf(header as BackupHeader) }));
  else {
    const objects = header?.withObjects ? 'with files and images' : 'without files and images';
    say(
      shell,
      `${path} is whole and sound: gateway ${header?.gateway}, ${timeOf(header as BackupHeader)}, ${objects}.`,
    );
  }
  return EXIT.fine;
}

/** Breaks off where the person does. */
async function* untilEnded({ ended }: Shell, pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    if (ended.aborted) throw ended.reason;
    yield piece;
  }
}

function failed(shell: Shell, path: string, error: unknown): unknown {
  if (error instanceof GatewayError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof BackupFault) {
    const reason = `what came is no whole backup (${error.message})`;
    return new GatewayError('BACKUP_FAILED', `${path} was not written: ${reason}.`, { cause: error });
  }
  const isOfFile = typeof code === 'string' && /^E[A-Z]+$/.test(code);
  const reason = shell.ended.aborted
    ? 'you have ended it'
    : code === 'ENOSPC'
      ? 'the disk is full'
      : isOfFile
        ? message
        : `the gateway has broken off, and its log says why; "${callOf(shell.env, 'status')}" shows whether it runs`;
  return new GatewayError('BACKUP_FAILED', `${path} was not written: ${reason}.`, { cause: error });
}

function unreadable(path: string, error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof GatewayError || typeof code !== 'string') return error;
  return new GatewayError('DATA_DIR_UNUSABLE', `${path} could not be restored (${message}).`, { cause: error });
}

function viewOf({ gateway, dataVersion, createdMs, withObjects }: BackupHeader): object {
  return { created: new Date(createdMs).toISOString(), gateway, dataVersion, objects: withObjects };
}

function timeOf({ createdMs, isClockTrusted }: BackupHeader): string {
  const time = new Date(createdMs).toISOString().slice(0, 16).replace('T', ' ');
  return isClockTrusted ? `${time} UTC` : `${time} UTC, by a clock that was not known to be right`;
}

function sizeOf(bytes: number): string {
  if (bytes < 1e6) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
