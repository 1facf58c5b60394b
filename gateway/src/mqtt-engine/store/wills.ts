import { SEAL_BYTES } from '../../common/sealed.ts';
import type { StoredWill, Wills } from './contract.ts';
import type { Disk } from './disk.ts';
import { readMessage, sealedRecord, writeMessage } from './records.ts';
import { idIn, keyOf, WILLS } from './session-keys.ts';

const WILL = 1;
/** Behind the format: the delay, and the expiry, which is negative for none. Then comes the message's own record. */
const MESSAGE_AT = 1 + 8 + 8;

/** The last wills of clients that are online, and those whose delay is under way: in memory and on disk. */
export class KeptWills implements Wills {
  readonly #disk: Disk;
  readonly #wills = new Map<string, StoredWill>();

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  get(id: string): StoredWill | undefined {
    return this.#wills.get(id);
  }

  set(will: StoredWill): void {
    this.#wills.set(will.id, will);
    const { message, delayMs, expiryS = -1 } = will;
    const inner = writeMessage(message, { qos: message.qos, retain: message.retain, identifiers: undefined });
    const size = MESSAGE_AT + inner.length - SEAL_BYTES;
    const record = sealedRecord(size, (bytes) => {
      bytes[0] = WILL;
      bytes.writeDoubleBE(expiryS, bytes.writeDoubleBE(delayMs, 1));
      inner.copy(bytes, MESSAGE_AT, 0, inner.length - SEAL_BYTES);
    });
    this.#disk.put(keyOf(WILLS, will.id), record);
  }

  delete(id: string): void {
    if (this.#wills.delete(id)) this.#disk.del(keyOf(WILLS, id));
  }

  all(): Iterable<StoredWill> {
    return this.#wills.values();
  }

  /** Takes in what an earlier run left; false where it is nothing of today's. */
  restore(key: string, record: Buffer): boolean {
    const message = record[0] === WILL ? readMessage(record.subarray(MESSAGE_AT))?.message : undefined;
    if (message === undefined) return false;
    const id = idIn(key, WILLS);
    const expiryS = record.readDoubleBE(9);
    this.#wills.set(id, { id, message, delayMs: record.readDoubleBE(1), expiryS: expiryS < 0 ? undefined : expiryS });
    return true;
  }
}
