import { stat, statfs } from 'node:fs/promises';

const MIB = 1024 * 1024;
/** What stays free of a disk on which no gateway keeps its messages. */
const LEAST_FREE_BYTES = 16 * MIB;

/** How much may be written to a disk. */
export interface Room {
  /** So that enough is left; it may be less than 0. */
  bytes: number;
  /** A gateway keeps its messages there, for which room is left. */
  isForMessages: boolean;
}

/**
 * How much may be written into a folder. Rejects with the system's error.
 *
 * @param reserveBytes how much files leave free of a disk of this size for messages
 */
export async function roomIn(
  folder: string,
  { dataDir, reserveBytes }: { dataDir: string; reserveBytes: (diskBytes: number) => number },
): Promise<Room> {
  const [{ blocks, bavail, bsize }, here, data] = await Promise.all([statfs(folder), stat(folder), stat(dataDir)]);
  const isForMessages = here.dev === data.dev;
  const kept = isForMessages ? reserveBytes(blocks * bsize) : LEAST_FREE_BYTES;
  return { bytes: bavail * bsize - kept, isForMessages };
}

/** Why a backup of so many bytes is not written, as half a sentence; undefined where there is room for it. */
export function tooLittleRoom(bytes: number, room: Room): string | undefined {
  const missing = bytes - room.bytes;
  if (missing <= 0) return undefined;
  const left = `too little room on the disk${room.isForMessages ? ' for messages' : ''}`;
  return `it would leave ${left}, ${Math.ceil(missing / 1_000_000)} MB are missing: make room`;
}
