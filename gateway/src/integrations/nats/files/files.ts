import type { Clock } from '../../../common/clock.ts';
import type { Log } from '../../../common/log.ts';
import type { Counter, Metrics } from '../../../common/metrics.ts';
import type { ObjectsElsewhere } from '../../../objects/elsewhere.ts';
import type { Bus } from '../bus.ts';
import { FileCache } from './cache.ts';
import { CachedTaker } from './cached-taker.ts';
import { Giver, type OwnFiles } from './giver.ts';
import { Taker } from './taker.ts';

export interface FilesParts {
  bus: Bus;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  prefix: string;
  gateway: string;
  /** Where copies are kept, and how many bytes of them. */
  cache: { folder: string; maxBytes: number };
  /** The names of the other gateways that are there. */
  others(): string[];
  misread(what: string): void;
}

/** How much was read across gateways since the start, in bytes, and what is there of it. */
export interface FilesState {
  readonly takenBytes: number;
  readonly givenBytes: number;
  readonly copiesBytes: number;
}

/** Objects between gateways: what others have is read here, and what this one has is read there. */
export class Files {
  readonly #parts: FilesParts;
  readonly #taker: Taker;
  readonly #counts: { readonly [way in 'taken' | 'given' | 'reused']: Counter };
  #giver: Giver | undefined;
  #cache: FileCache | undefined;

  constructor(parts: FilesParts) {
    this.#parts = parts;
    const { metrics } = parts;
    const counters = metrics.counters({
      name: 'crosscomm_cluster_files_bytes_total',
      help: 'Bytes of objects between gateways: taken from others, given to them, and reused from copies on this disk.',
      unit: 'bytes',
      labels: ['way'],
    });
    const [taken, given, reused] = ['taken', 'given', 'reused'].map((way) => counters.of({ way })) as [
      ...[Counter, Counter, Counter],
    ];
    this.#counts = { taken, given, reused };
    this.#taker = new Taker({ ...parts, taken, subjectOf: (gateway) => this.#subjectOf(gateway) });
    const copies = {
      name: 'crosscomm_cluster_copies_bytes',
      help: 'Bytes of copies of objects of other gateways on this disk.',
      unit: 'bytes',
    } as const;
    metrics.gauge(copies, () => this.#cache?.bytes ?? 0);
  }

  get state(): FilesState {
    const { taken, given } = this.#counts;
    return { takenBytes: taken.value, givenBytes: given.value, copiesBytes: this.#cache?.bytes ?? 0 };
  }

  /** Gives others what this gateway has from now on; what they have is read by what this returns. */
  async share(own: OwnFiles): Promise<ObjectsElsewhere> {
    const { bus, clock, log, gateway, misread, cache: at } = this.#parts;
    const subject = this.#subjectOf(gateway);
    this.#giver = new Giver({ bus, clock, subject, own, given: this.#counts.given, misread });
    const cache = await FileCache.open({ ...at, log });
    this.#cache = cache;
    return new CachedTaker({ taker: this.#taker, cache, clock, reused: this.#counts.reused });
  }

  /** A gateway told of an object, which it has. */
  noteTold(key: string, gateway: string): void {
    this.#taker.places.told(key, gateway);
  }

  /** The link was down, or another gateway is back: what was put meanwhile was not heard of. */
  doubt(): void {
    this.#taker.places.doubt();
  }

  /** Nothing is given any more; resolves when no copy is written any more, either. */
  async stop(): Promise<void> {
    this.#giver?.stop();
    await this.#cache?.close();
  }

  #subjectOf(gateway: string): string {
    const { prefix } = this.#parts;
    return `${prefix}.f.${gateway}`;
  }
}
