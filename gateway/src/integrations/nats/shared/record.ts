import type { Stamp } from './stamp.ts';

/** What the servers have of something that all gateways share: what it is, and who made it so. */
export interface SharedRecord extends Stamp {
  /** JSON; undefined: it was removed. */
  readonly text: string | undefined;
}

const VERSION = 1;

export function encodeRecord({ timeMs, gateway, text }: SharedRecord): Uint8Array {
  return Buffer.from(JSON.stringify({ v: VERSION, timeMs, gateway, text: text ?? null }));
}

/** undefined where the bytes are no record, or of a version that is not known. What a later version adds is skipped. */
export function decodeRecord(bytes: Uint8Array | undefined): SharedRecord | undefined {
  if (bytes === undefined) return undefined;
  try {
    const { v, timeMs, gateway, text } = JSON.parse(Buffer.from(bytes).toString('utf8')) as Record<string, unknown>;
    const isOne = v === VERSION && Number.isSafeInteger(timeMs) && (timeMs as number) >= 0;
    if (!isOne || typeof gateway !== 'string' || (text !== null && typeof text !== 'string')) return undefined;
    return { timeMs: timeMs as number, gateway, text: text ?? undefined };
  } catch {
    return undefined;
  }
}
