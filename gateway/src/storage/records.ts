import type { Clock } from '../common/clock.ts';
import type { Kind, MessageInit } from '../hub/message.ts';
import type { RetainedRecord, ScheduledRecord } from '../hub/store.ts';

/**
 * What the hub keeps on disk, one JSON object a record:
 *
 *     {"from", "to", "kind", "text" or "base64", "timestampMs", "id"?, "objectKey"?, "objectUrl"?, "objectSize"?}   the message, and
 *     "account"?               the account of its sender, of either
 *     "address"?               where it came from, of either
 *     "stays"?, "extra"?       of one that no later message ends: true; base64 of what MQTT says of it
 *     "kept"?                  of kept values: the names of the fields that are kept
 *     "endsMs"                 of a retained one: by the monotonic clock, or null where only a later one ends it
 *     "dueMs", "retainMs"?, "keep"?   of a scheduled one: milliseconds since 1970, milliseconds
 *     "key"?                   of one that another gateway had: by what gateways know it
 *     "delay"?                 of a delayed one: "ms", and "sinceMs" by the monotonic clock
 *
 * Earlier versions wrote "expiresMs", milliseconds since 1970, in place of "endsMs".
 *
 * `base64` holds the body of kind bytes, `text` that of every other kind.
 */
type Stored = Record<string, unknown>;

/** What an earlier version kept longest. */
const LONGEST_RETAINED_MS = 172_800_000;

const KINDS: Record<Kind, true> = {
  text: true,
  json: true,
  dict: true,
  bytes: true,
  image: true,
  file: true,
  folder: true,
};

/** The record of a retained message. */
export function writeRetained({ message, expiresMs, account, address, kept, stays, extra }: RetainedRecord): string {
  return JSON.stringify({
    ...storedMessage(message),
    account,
    address,
    kept,
    stays,
    extra: extra && Buffer.from(extra.buffer, extra.byteOffset, extra.byteLength).toString('base64'),
    endsMs: Number.isFinite(expiresMs) ? expiresMs : null,
  });
}

/** Reads what `writeRetained` wrote. Throws where it is anything else. */
export function readRetained(text: string, clock: Clock): RetainedRecord {
  const stored = parse(text);
  return {
    message: readMessage(stored),
    expiresMs: readEnd(stored, clock),
    ...readSender(stored),
    ...readKept(stored),
    ...(stored.stays === true ? { stays: true } : {}),
    ...(stored.extra === undefined ? {} : { extra: new Uint8Array(Buffer.from(string(stored, 'extra'), 'base64')) }),
  };
}

function readKept({ kept }: Stored): Pick<RetainedRecord, 'kept'> {
  if (kept === undefined) return {};
  if (!Array.isArray(kept) || kept.some((name) => typeof name !== 'string')) throw new TypeError('kept are no names');
  return { kept };
}

function readEnd(stored: Stored, clock: Clock): number {
  if (stored.endsMs === null || stored.expiresMs === null) return Number.POSITIVE_INFINITY;
  if (stored.endsMs !== undefined) return number(stored, 'endsMs');
  const leftMs = number(stored, 'expiresMs') - clock.now();
  return clock.monotonicMs() + Math.min(leftMs, LONGEST_RETAINED_MS);
}

/** The record of a scheduled message; its id is the key. */
export function writeScheduled({
  message,
  dueMs,
  delay,
  retainMs,
  keep,
  account,
  address,
  key,
}: ScheduledRecord): string {
  return JSON.stringify({ ...storedMessage(message), account, address, dueMs, delay, retainMs, keep, key });
}

/** Reads what `writeScheduled` wrote. Throws where it is anything else. */
export function readScheduled(id: string, text: string): ScheduledRecord {
  const stored = parse(text);
  const record: ScheduledRecord = {
    id,
    message: readMessage(stored),
    dueMs: number(stored, 'dueMs'),
    ...readSender(stored),
  };
  if (stored.delay !== undefined) {
    const delay = parsed(stored.delay);
    record.delay = { ms: number(delay, 'ms'), sinceMs: number(delay, 'sinceMs') };
  }
  if (stored.retainMs !== undefined) record.retainMs = number(stored, 'retainMs');
  if (stored.keep === true) record.keep = true;
  if (stored.key !== undefined) record.key = string(stored, 'key');
  return record;
}

function storedMessage({ body, timestampMs, ...rest }: MessageInit): Stored {
  const content =
    typeof body === 'string'
      ? { text: body }
      : { base64: Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('base64') };
  return { ...rest, ...content, timestampMs: Number.isFinite(timestampMs) ? timestampMs : 0 };
}

function readMessage(stored: Stored): MessageInit {
  const kind = string(stored, 'kind');
  if (!Object.hasOwn(KINDS, kind)) throw new TypeError(`no kind ${kind}`);
  return {
    from: string(stored, 'from'),
    to: string(stored, 'to'),
    kind: kind as Kind,
    body: kind === 'bytes' ? new Uint8Array(Buffer.from(string(stored, 'base64'), 'base64')) : string(stored, 'text'),
    timestampMs: number(stored, 'timestampMs'),
    id: stored.id === undefined ? undefined : string(stored, 'id'),
    objectKey: stored.objectKey === undefined ? undefined : string(stored, 'objectKey'),
    objectUrl: stored.objectUrl === undefined ? undefined : string(stored, 'objectUrl'),
    objectSize: stored.objectSize === undefined ? undefined : number(stored, 'objectSize'),
  };
}

function readSender(stored: Stored): { account?: string; address?: string } {
  return {
    ...(stored.account === undefined ? {} : { account: string(stored, 'account') }),
    ...(stored.address === undefined ? {} : { address: string(stored, 'address') }),
  };
}

function parse(text: string): Stored {
  return parsed(JSON.parse(text));
}

function parsed(value: unknown): Stored {
  if (typeof value !== 'object' || value === null) throw new TypeError('not an object');
  return value as Stored;
}

function string(stored: Stored, name: string): string {
  const value = stored[name];
  if (typeof value !== 'string') throw new TypeError(`${name} is no string`);
  return value;
}

function number(stored: Stored, name: string): number {
  const value = stored[name];
  if (typeof value !== 'number') throw new TypeError(`${name} is no number`);
  return value;
}
