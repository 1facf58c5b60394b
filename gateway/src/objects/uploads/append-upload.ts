import { open } from 'node:fs/promises';
import { checkedStream } from '../content/checked-stream.ts';
import { isMissing, toObjectError } from '../content/faults.ts';
import { ObjectError, type ObjectStore, PositionError } from '../contract.ts';
import type { UploadRecord } from './record.ts';
import type { Spool } from './spool.ts';
import type { Uploads } from './uploads.ts';

export interface AppendUploadOptions {
  uploads: Uploads;
  spool: Spool;
  store: Pick<ObjectStore, 'head' | 'append'>;
  maxObjectBytes: number;
}

/**
 * Appends a complete upload to its object, once: where it goes is recorded before, so that after a crash it is found there. Throws an
 * ObjectError.
 */
export async function appendUpload(record: UploadRecord, options: AppendUploadOptions): Promise<void> {
  const { uploads, store } = options;
  let appending = record;
  for (;;) {
    const position = appending.appendsAt ?? (await store.head(record.key))?.size ?? 0;
    if (appending.appendsAt === undefined) appending = await uploads.update(appending, { appendsAt: position });
    try {
      await appendAt(appending, position, options);
      return;
    } catch (error) {
      // Another was appended there, so this was not.
      if (!(error instanceof PositionError)) throw error;
      appending = await uploads.update(appending, { appendsAt: error.length });
    }
  }
}

async function appendAt(record: UploadRecord, position: number, options: AppendUploadOptions): Promise<void> {
  const { key, kind, name, from, contentType, headers, digests } = record;
  const { spool, store, maxObjectBytes } = options;
  if (!store.append) throw new ObjectError('not_appendable', 'Nothing can be appended to objects in this store.');
  const { size = 0, crc32 = 0 } = digests ?? {};
  const file = await open(spool.dataPath(record), 'r').catch((error: unknown) => {
    if (isMissing(error)) throw new ObjectError('corrupt', `What was to be appended to ${key} is gone.`);
    throw toObjectError(error);
  });
  const stream = checkedStream(file, { key, size, crc32 });
  try {
    await store.append(key, stream, {
      size,
      metadata: { name, kind, from },
      headers,
      ...(contentType !== undefined && { contentType }),
      position,
      isRepeatable: true,
      maxBytes: maxObjectBytes,
    });
  } finally {
    stream.destroy();
  }
}
