/** What the bucket has of a client, by its id. Fields that a later version adds are skipped. */
export interface ClientRecord {
  /** The gateway that has it, and the run of that. */
  readonly gateway: string;
  readonly epoch: string;
  /** See `sinceOf` in rule.ts. */
  readonly sinceMs: number;
  readonly protocol: string;
  readonly account?: string | undefined;
}

const VERSION = 1;

export function encodeRecord(record: ClientRecord): Buffer {
  return Buffer.from(JSON.stringify({ v: VERSION, ...record }));
}

/** undefined where the bytes are no record, or of a version that is not known. */
export function decodeRecord(bytes: Uint8Array): ClientRecord | undefined {
  let read: unknown;
  try {
    read = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof read !== 'object' || read === null) return undefined;
  const { v, gateway, epoch, sinceMs, protocol, account } = read as ClientRecord & { v: unknown };
  const texts = [gateway, epoch, protocol, account ?? ''];
  if (v !== VERSION || !Number.isFinite(sinceMs) || texts.some((each) => typeof each !== 'string')) return undefined;
  return gateway === '' || protocol === '' ? undefined : { gateway, epoch, sinceMs, protocol, account };
}
