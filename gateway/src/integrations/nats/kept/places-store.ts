import type { GroupCommit } from '../../../common/group-commit.ts';
import { DAMAGED_TEXT, sealedText } from '../../../common/sealed.ts';
import { Origins, type Place } from './origins.ts';
import type { OutboxDb } from './outbox.ts';

const IN = 'cluster:in:';
const END = `${IN}~`;
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

  private constructor(writes: GroupCommit, places: [string, Place][], stream: StreamPlace | undefined) {
    this.#writes = writes;
    this.#stream = stream;
    this.origins = new Origins(places, (origin) => writes.del(IN + origin));
  }

  static async open(db: OutboxDb, writes: GroupCommit): Promise<PlacesStore> {
    const places: [string, Place][] = [];
    for await (const [key, text] of textsOf(db, { gt: IN, lt: END })) {
      places.push([key.slice(IN.length), JSON.parse(text) as Place]);
    }
    let stream: StreamPlace | undefined;
    for await (const [, text] of textsOf(db, { gt: BEFORE_STREAM, lt: END_OF_STREAM })) stream = JSON.parse(text);
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

  /** Notes a message that is next, in the write that is staged now. */
  note(origin: string, number: number, sequence: number): void {
    const place = this.origins.note(origin, number, sequence);
    this.#writes.put(IN + origin, sealedText.encode(`{"next":${place.next},"sequence":${sequence}}`));
  }
}

/** Values that are as they were written. */
async function* textsOf(db: OutboxDb, range: { gt: string; lt: string }): AsyncGenerator<[string, string]> {
  const reader = db.iterator({ ...range, valueEncoding: 'buffer' });
  try {
    for (;;) {
      const found = await reader.nextv(500);
      if (found.length === 0) return;
      for (const [key, value] of found) {
        const text = sealedText.decode(value);
        if (text !== DAMAGED_TEXT) yield [key, text];
      }
    }
  } finally {
    await reader.close();
  }
}
