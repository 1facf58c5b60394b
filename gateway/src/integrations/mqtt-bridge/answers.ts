/** What a bridge has asked and waits for: the answers, by the first byte of their packet and its packet id. */
export class Answers {
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  #end: Error | undefined;

  /** The packet that begins with `first` and has this id; 0: any. Rejects where the connection ends before it comes. */
  wait(first: number, id = 0): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) reject(this.#end);
      else this.#waiting.set(keyOf(first, id), { resolve, reject });
    });
  }

  /** True where somebody waited for this packet. */
  take(first: number, packet: Buffer, body: number): boolean {
    if (this.#waiting.size === 0) return false;
    const id = first === CONNACK ? 0 : packet.readUInt16BE(body);
    const key = keyOf(first, id);
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return false;
    this.#waiting.delete(key);
    waiting.resolve({ packet, body });
    return true;
  }

  /** The connection is over. */
  fail(error: Error): void {
    this.#end = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

export interface Answer {
  readonly packet: Buffer;
  readonly body: number;
}

export const CONNACK = 0x20;
export const SUBACK = 0x90;
export const UNSUBACK = 0xb0;
export const PUBACK = 0x40;

function keyOf(first: number, id: number): number {
  return (first << 16) | id;
}
