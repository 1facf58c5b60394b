import { randomBytes } from 'node:crypto';
import type { Clock } from '../../common/clock.ts';
import { BodyMemory } from '../content/body-memory.ts';
import type { DigestThread } from '../content/digest-thread.ts';
import { toObjectError } from '../content/faults.ts';
import { HeldBody } from '../content/held-body.ts';
import { WholeFile, type WrittenContent } from '../content/whole-file.ts';
import { type AppendOptions, ObjectError, type WriteOptions } from '../contract.ts';
import type { Layout } from './layout.ts';

export interface IncomingOptions {
  layout: Layout;
  clock: Clock;
  thread: DigestThread;
  /** Throws ObjectError `full` if there is no room for `bytes` more. */
  checkRoom(bytes: number): void;
}

/** How much of all appends together may be in memory before it becomes a part of its object. */
const HELD_BYTES = 8 * 1024 * 1024;

/** What is on its way into the store and is no part of an object yet. */
export class Incoming {
  readonly #options: IncomingOptions;
  readonly #memory = new BodyMemory();
  /** Bytes that are being written and are not counted yet. */
  #bytes = 0;
  /** Bytes of appends in memory. */
  #heldBytes = 0;

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** An id that no other content has. */
  newId(): string {
    return `${this.#options.clock.now().toString(36)}-${randomBytes(8).toString('hex')}`;
  }

  /** Takes in the content of an object, into a new file at `path`. Throws an ObjectError, and what the body throws; then a part may be there. */
  async receive(path: string, body: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<WrittenContent> {
    const { thread, checkRoom } = this.#options;
    const { size, etag } = options;
    const file = new WholeFile(path, {
      thread,
      memory: this.#memory,
      size,
      gathers: true,
      withMd5: etag === undefined,
    });
    let received = 0;
    try {
      for await (const chunk of body) {
        received += chunk.length;
        this.#bytes += chunk.length;
        if (size !== undefined && received > size) {
          throw new ObjectError('wrong_size', `${size} bytes were announced, and more came.`);
        }
        checkRoom(0);
        await file.append(chunk).catch(rethrow);
      }
    } catch (error) {
      this.#bytes -= received;
      await file.close();
      throw error;
    }
    try {
      return await file.finish().catch(rethrow);
    } finally {
      this.#bytes -= received;
    }
  }

  /** Takes in the body of an append, and lets go of it when `use` is done. Throws an ObjectError, and what the body or `use` throws. */
  async hold<T>(
    body: AsyncIterable<Uint8Array>,
    { size, md5 }: AppendOptions,
    use: (held: HeldBody) => Promise<T>,
  ): Promise<T> {
    const { layout, checkRoom } = this.#options;
    let received = 0;
    let held: HeldBody | undefined;
    try {
      held = await HeldBody.receive(body, {
        path: layout.incomingFile(this.newId()),
        announced: { size, md5 },
        onPiece: (bytes) => {
          received += bytes;
          this.#bytes += bytes;
          checkRoom(0);
        },
        takeMemory: (bytes) => {
          if (this.#heldBytes + bytes > HELD_BYTES) return false;
          this.#heldBytes += bytes;
          return true;
        },
        freeMemory: (bytes) => {
          this.#heldBytes -= bytes;
        },
      });
      return await use(held);
    } finally {
      await held?.discard();
      this.#bytes -= received;
    }
  }
}

function rethrow(error: unknown): never {
  throw toObjectError(error);
}
