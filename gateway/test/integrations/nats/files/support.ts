import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../../src/common/clock.ts';
import { silentLog } from '../../../../src/common/log.ts';
import type { Bus } from '../../../../src/integrations/nats/bus.ts';
import { Files } from '../../../../src/integrations/nats/files/files.ts';
import type { OwnFiles } from '../../../../src/integrations/nats/files/giver.ts';
import type { ListOptions, ObjectInfo } from '../../../../src/objects/contract.ts';
import type { ObjectsElsewhere } from '../../../../src/objects/elsewhere.ts';
import { MetricsRegistry } from '../../../../src/observability/metrics.ts';

/** Gateways by name in one process, with what each serves. */
export class MemoryBus implements Bus {
  isUp = true;
  readonly maxPayload = 1024 * 1024;
  readonly served = new Map<string, (payload: Uint8Array) => Uint8Array | Promise<Uint8Array> | undefined>();
  /** How many questions were asked, and the most that had no answer at once. */
  asked = 0;
  most = 0;
  /** Subjects that do not answer. */
  readonly silent = new Set<string>();
  /** Is called before each question. */
  before: (subject: string) => void = () => {};
  #open = 0;

  publish(): boolean {
    return false;
  }

  subscribe(): () => void {
    return () => {};
  }

  async request(subject: string, payload: Uint8Array): Promise<Uint8Array | undefined> {
    this.asked++;
    this.before(subject);
    const serve = this.served.get(subject);
    if (!this.isUp || serve === undefined || this.silent.has(subject)) return undefined;
    this.most = Math.max(this.most, ++this.#open);
    const answer = await serve(payload);
    this.#open--;
    // A copy, as from a socket.
    return answer && new Uint8Array(answer);
  }

  serve(subject: string, answer: (payload: Uint8Array) => Uint8Array | Promise<Uint8Array> | undefined): () => void {
    this.served.set(subject, answer);
    return () => this.served.delete(subject);
  }
}

/** Objects in memory; `pulled` says how many bytes were read of them. */
export class MemoryObjects {
  readonly objects = new Map<string, { info: ObjectInfo; content: Buffer }>();
  pulled = 0;
  open = 0;

  put(key: string, content: Buffer, more: Partial<ObjectInfo> = {}): ObjectInfo {
    const etag = randomBytes(16).toString('hex');
    const info = {
      ...{ key, size: content.length, etag, contentType: 'text/plain', modifiedMs: 1, metadata: { name: key } },
      ...more,
    };
    this.objects.set(key, { info, content });
    return info;
  }

  readonly own: OwnFiles = {
    store: {
      head: async (key) => this.objects.get(key)?.info,
      open: async (key, range) => {
        const found = this.objects.get(key);
        if (found === undefined) return undefined;
        this.open++;
        const content = range ? found.content.subarray(range.start, range.end + 1) : found.content;
        const stream = Readable.from(this.#pieces(content), { objectMode: false, highWaterMark: 1 });
        stream.once('close', () => this.open--);
        return { info: found.info, stream };
      },
      list: async ({ prefix = '', limit }: ListOptions) => {
        const objects = [...this.objects.values()].map(({ info }) => info);
        return { objects: objects.filter(({ key }) => key.startsWith(prefix)).slice(0, limit), prefixes: [] };
      },
    },
    mayGive: (_, { account }) => account !== 'stranger',
  };

  *#pieces(content: Buffer): Generator<Buffer> {
    for (let at = 0; at < content.length; at += 100_000) {
      const piece = content.subarray(at, at + 100_000);
      this.pulled += piece.length;
      yield piece;
    }
  }
}

export interface Place {
  objects: MemoryObjects;
  files: Files;
  elsewhere: ObjectsElsewhere;
}

/** Gateways that share files; what each has is put into its `objects`. */
export async function placesOf<N extends string>(
  bus: MemoryBus,
  names: readonly N[],
  cache: { folder: string; maxBytes: number },
): Promise<Record<N, Place>> {
  const places = {} as Record<N, Place>;
  for (const gateway of names) {
    const objects = new MemoryObjects();
    const files = new Files({
      ...{ bus, clock: systemClock, log: silentLog, metrics: new MetricsRegistry(), prefix: 'cc', gateway },
      cache: { ...cache, folder: `${cache.folder}/${gateway}` },
      others: () => (bus.isUp ? names.filter((name) => name !== gateway && bus.served.has(`cc.f.${name}`)) : []),
      misread: () => {},
    });
    onTestFinished(() => files.stop());
    places[gateway] = { objects, files, elsewhere: await files.share(objects.own) };
  }
  return places;
}
