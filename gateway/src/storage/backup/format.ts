/** What all entries of a backup begin with, so that `tar xf` makes one folder of it. */
const FOLDER = 'crosscomm-backup/';
/** The first entry, which says what it is. */
export const HEADER_ENTRY = `${FOLDER}backup.json`;
/** What the files of the data directory begin with, in any order. */
export const DATA_PREFIX = `${FOLDER}data/`;
/** The last entry: the SHA-256 of all bytes before its header, in hex, and a line feed. */
export const DIGEST_ENTRY = `${FOLDER}sha256`;
export const DIGEST_BYTES = 65;

/** The version of the format of backups that is written, and the newest that is read. */
export const FORMAT = 1;

/** What a backup says of itself. */
export interface BackupHeader {
  format: number;
  /** The version of the gateway that made it. */
  gateway: string;
  /** The version of the data directory that is in it. */
  dataVersion: number;
  /** Milliseconds since 1970, by the clock of that machine. */
  createdMs: number;
  /** Whether that clock was known to be right. */
  isClockTrusted: boolean;
  /** How long that gateway had run in all, by `Clock.monotonicMs`; null for a backup that a command made of a gateway at rest. */
  ranMs: number | null;
  /** Whether files and images are in it. */
  withObjects: boolean;
}

/** The longest header that is read, bytes. */
export const MAX_HEADER_BYTES = 65_536;

/** Reads what the first entry holds; undefined where it is something else. Of a newer format, only that number is certain. */
export function readBackupHeader(text: string): BackupHeader | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const header = value as Partial<BackupHeader>;
  const isNumber = (number: unknown): boolean => Number.isSafeInteger(number) && (number as number) >= 0;
  if (!isNumber(header.format)) return undefined;
  if ((header.format as number) > FORMAT) return header as BackupHeader;
  const { gateway, dataVersion, createdMs, isClockTrusted, ranMs, withObjects } = header;
  const isWhole =
    typeof gateway === 'string' &&
    isNumber(dataVersion) &&
    isNumber(createdMs) &&
    typeof isClockTrusted === 'boolean' &&
    (ranMs === null || isNumber(ranMs)) &&
    typeof withObjects === 'boolean';
  return isWhole ? (header as BackupHeader) : undefined;
}
