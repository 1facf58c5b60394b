/** Told of each packet: its first byte, all of it, and where in it the body begins. It is a view of what was received. */
export type TakePacket = (first: number, packet: Buffer, body: number) => void;

/** What a packet has before its body, at most. */
const MAX_HEADER_BYTES = 5;
/** A broker that says that more than this is to come is none; MQTT itself allows 256 MiB. */
const MAX_PACKET_BYTES = 64 * 1024 * 1024;

/** Cuts a stream of MQTT into packets, whatever pieces it comes in. Nothing is looked at but their lengths. */
export class PacketSplitter {
  readonly #take: TakePacket;
  /** The beginning of a packet whose end has not come, and how long it is; 0: not known yet. */
  #pieces: Buffer[] = [];
  #held = 0;
  #needed = 0;
  #isOver = false;

  constructor(take: TakePacket) {
    this.#take = take;
  }

  /** Takes in what was received. Throws a RangeError where it is no MQTT. */
  push(chunk: Buffer): void {
    if (this.#held === 0) {
      this.#cut(chunk);
      return;
    }
    this.#pieces.push(chunk);
    this.#held += chunk.length;
    if (this.#held < this.#needed || this.#held < 2) return;
    const whole = Buffer.concat(this.#pieces, this.#held);
    this.#drop();
    this.#cut(whole);
  }

  /** Takes no more, not even what is left of the chunk that is being cut. */
  close(): void {
    this.#isOver = true;
    this.#drop();
  }

  #cut(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#isOver) {
      let body = at + 1;
      let length = 0;
      for (let shift = 0; ; shift += 7) {
        if (body >= chunk.length) {
          this.#hold(chunk, at, 0);
          return;
        }
        const byte = chunk[body++] as number;
        length |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
        if (body - at >= MAX_HEADER_BYTES) throw new RangeError('the length of a packet has more than four bytes');
      }
      if (length > MAX_PACKET_BYTES) throw new RangeError(`a packet has ${length} bytes`);
      const end = body + length;
      if (end > chunk.length) {
        this.#hold(chunk, at, end - at);
        return;
      }
      this.#take(chunk[at] as number, at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end), body - at);
      at = end;
    }
  }

  #hold(chunk: Buffer, at: number, needed: number): void {
    this.#pieces = [at === 0 ? chunk : chunk.subarray(at)];
    this.#held = chunk.length - at;
    this.#needed = needed;
  }

  #drop(): void {
    this.#pieces = [];
    this.#held = 0;
    this.#needed = 0;
  }
}
