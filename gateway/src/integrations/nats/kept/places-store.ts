import type { GroupCommit } from '../../../common/group-commit.ts';
import { SEAL_BYTES, sealedText, sealInPlace } from '../../../common/sealed.ts';
import { type OutboxDb, valuesOf } from './disk.ts';
import { Origins, type Place } from './origins.ts';

const IN = 'cluster:in:';
const END = `${IN}~`;
/** Two numbers: which is next, and the sequence in the stream. */
const PLACE_BYTES = 16;
const MAX_STAGED = 1000;
const BEFORE_STREAM = 'cluster:stream';
const STREAM = `${BEFORE_STREAM}:`;
const END_OF_STREAM = `${BEFORE_STREAM}~`;

/** Which stream it is, and where it was left. */
interface StreamPlace {
  readonly created: string;
  readonly sequence: number;
}

/**
 * Where this gateway is in the stream of kept messages, on disk: for each origin in the write that has what came of its last message, so that
 * it is had again by nobody after a restart; and for the stream as a whole now and then.
 */
export class PlacesStore {
  readonly origins: Origins;
  readonly #writes: GroupCommit;
  #stream: StreamPlace | undefined;
  /** What is staged of origins; it may be written over until its write begins. */
  readonly #staged = new Map<string, { write: number; value: Buffer }>();

  private constructor(writes: GroupCommit, places: [string, Place][], stream: StreamPlace | undefined) {
    this.#writes = writes;
    this.#stream = stream;
    this.origins = new Origins(places, (origin) => writes.del(IN + origin));
  }

  static async open(db: OutboxDb, writes: GroupCommit): Promise<PlacesStore> {
    const places: [string, Place][] = [];
    for await (const [key, bytes] of valuesOf(db, { gt: IN, lt: END })) {
      if (bytes.length !== PLACE_BYTES) continue;
      places.push([key.slice(IN.length), { next: bytes.readDoubleBE(0), sequence: bytes.readDoubleBE(8) }]);
    }
    let stream: StreamPlace | undefined;
    for await (const [, bytes] of valuesOf(db, { gt: BEFORE_STREAM, lt: END_OF_STREAM })) {
      stream = JSON.parse(bytes.toString());
    }
    return new PlacesStore(writes, places, stream);
  }

  /** What was seen last of a stream; undefined: of this one nothing. */
  sequenceOf(created: string): number | undefined {
    const stream = this.#stream;
    return stream?.created === created ? Math.max(stream.sequence, this.origins.sequence) : undefined;
  }

  /** Whether any stream was seen. */
  get isNew(): boolean {
    return this.#stream === undefined;
  }

  /** Everything up to there was seen. */
  saw(created: string, sequence: number): void {
    this.#stream = { created, sequence };
    this.#writes.put(STREAM, sealedText.encode(JSON.stringify(this.#stream)));
  }

  /** Notes a message that is next, in the write that is staged now: each origin is in a write once. */
  note(origin: string, number: number, sequence: number): void {
    this.origins.note(origin, number, sequence);
    const { nextWrite } = this.#writes;
    let staged = this.#staged.get(origin);
    if (staged?.write === nextWrite) {
      writePlace(staged.value, number + 1, sequence);
      return;
    }
    staged = { write: nextWrite, value: Buffer.allocUnsafe(PLACE_BYTES + SEAL_BYTES) };
    writePlace(staged.value, number + 1, sequence);
    if (this.#staged.size >= MAX_STAGED) this.#staged.clear();
    this.#staged.set(origin, staged);
    this.#writes.put(IN + origin, staged.value);
  }
}

function writePlace(value: Buffer, next: number, sequence: number): void {
  value.writeDoubleBE(next, 0);
  value.writeDoubleBE(sequence, 8);
  sealInPlace(value);
}
