import { Readable } from 'node:stream';
import { z } from 'zod';
import { GatewayError } from '../../common/errors.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { RequestError } from '../request-error.ts';
import { whileAllowed } from '../while-allowed.ts';
import { type ApiRoute, type Ask, apiRoute } from './route.ts';
import { count, flag, lazy, type Output, timeMs } from './schema.ts';

/** A file that is given out. */
interface GivenOut {
  pieces: AsyncIterable<Uint8Array>;
  /** How long it is, where that is certain. */
  bytes?: number | undefined;
  close(): void;
}

/** What makes backups of the gateway. */
export interface BackupDesk {
  /** Begins one; `bytes` are those without the objects. Throws a GatewayError BACKUP_FAILED where that cannot be. */
  begin(withObjects: boolean): Promise<GivenOut>;
  /** The backups of each day: how many are kept, the time of day, and why the last could not be made; undefined: none are made. */
  daily(): { keep: number; at: string; fault: string | undefined } | undefined;
  /** Those in the data folder, the newest first. */
  list(): Promise<Backups['kept']>;
  /** One of those; undefined where there is none of that name. */
  open(name: string): Promise<GivenOut | undefined>;
}

const backupQuery = lazy(() =>
  z.strictObject({ objects: flag().default(false).describe('whether files and images are in it, too') }),
);

const backupsAnswer = lazy(() =>
  z
    .strictObject({
      daily: z
        .strictObject({
          keep: count().describe('how many are kept'),
          at: z.string().describe('the time of day, by the clock of the machine: "03:00"'),
          fault: z.string().nullable().describe('why the last one could not be made'),
        })
        .nullable()
        .describe('the backups of each day; null: none are made'),
      kept: z
        .array(
          z.strictObject({
            name: z.string(),
            bytes: count(),
            createdMs: timeMs().nullable().describe('null where the clock was not known to be right'),
            gateway: z.string().describe('the version of the gateway that made it'),
            isDaily: z.boolean().describe('false: it was made before a new version took over the data'),
          }),
        )
        .describe('the backups in the data folder, the newest first'),
    })
    .meta({ id: 'Backups' }),
);
export type Backups = Output<typeof backupsAnswer>;

const TAR = 'application/x-tar';
const HOLDS_KEYS =
  'A tar archive that ends with a checksum: what breaks off is no backup, and is refused. It holds keys.';

/** Backups: one that is made while it is sent, and those in the data folder. */
export function backupRoutes({ context, backups }: { context: SessionContext; backups: BackupDesk }): ApiRoute[] {
  let isBusy = false;
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/backup',
        summary: 'All that the gateway keeps, as it is at one moment, in one file.',
        description: HOLDS_KEYS,
        needs: 'operate',
        query: backupQuery,
        answers: { 200: undefined },
        streams: TAR,
        logs: { what: 'A backup of the gateway, with the keys in it, is given out.', subject: 'name' },
      },
      async (ask) => {
        if (isBusy)
          throw new RequestError('PEER_TOO_MANY', 'A backup is being made: ask for the next when it is done.');
        isBusy = true;
        const backup = await backups.begin(ask.query.objects).catch((error: unknown) => {
          isBusy = false;
          // Why that cannot be is for whoever asked, too.
          const isKnown = error instanceof GatewayError && error.code === 'BACKUP_FAILED';
          throw isKnown ? new RequestError('BACKUP_FAILED', error.message) : error;
        });
        const close = (): void => {
          isBusy = false;
          backup.close();
        };
        const { pieces } = backup;
        // How many objects there are is known only when all of them were read.
        const bytes = ask.query.objects ? undefined : backup.bytes;
        giveOut(context, ask, { pieces, bytes, close, name: nameOf(context.clock.now()) });
        return undefined;
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/backups',
        summary: 'The backups that the gateway keeps by itself.',
        needs: 'operate',
        answers: { 200: backupsAnswer },
      },
      async () => {
        const daily = backups.daily();
        return { daily: daily ? { ...daily, fault: daily.fault ?? null } : null, kept: await backups.list() };
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/backups/:name',
        summary: 'One of the backups in the data folder.',
        description: HOLDS_KEYS,
        needs: 'operate',
        params: { name: 'as the list has it' },
        answers: { 200: undefined },
        streams: TAR,
        logs: { what: 'A backup of the gateway, with the keys in it, is given out.', subject: 'name' },
      },
      async (ask) => {
        const { name } = ask.params;
        const backup = await backups.open(name);
        if (!backup) throw new RequestError('PEER_NOT_FOUND', 'There is no backup of that name.');
        giveOut(context, ask, { ...backup, name });
        return undefined;
      },
    ),
  ];
}

/** Sends a file for as long as whoever asks may have it. */
function giveOut(
  context: SessionContext,
  { viewer: { principal }, request, reply }: Pick<Ask, 'viewer' | 'request' | 'reply'>,
  { pieces, bytes, close, name }: GivenOut & { name: string },
): void {
  const stream = Readable.from(pieces, { objectMode: false });
  const cut = (): void => void stream.destroy(new Error('whoever asked for it may not have it any more'));
  const stops = [
    whileAllowed(context, principal, () => context.access.mayOperate(principal), cut),
    request.asker.signedIn?.onRevoked(cut),
    close,
  ];
  stream.once('close', () => {
    for (const stop of stops) stop?.();
  });
  stream.on('error', (error) => {
    context.log.warn({ code: 'BACKUP_FAILED', reason: error.message }, 'A backup that was given out broke off.');
  });
  if (bytes !== undefined) void reply.header('content-length', bytes);
  void reply.type(TAR).header('content-disposition', `attachment; filename="${name}"`).send(stream);
}

function nameOf(nowMs: number): string {
  return `crosscomm-${new Date(nowMs).toISOString().slice(0, 16).replace('T', '-').replace(':', '')}.tar`;
}
