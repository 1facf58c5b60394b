import type { Clock } from '../../common/clock.ts';
import type { FilterWatch } from '../../hub/egress.ts';
import type { Bus } from './bus.ts';
import type { RemoteInterest } from './remote-interest.ts';

export interface InterestParts {
  bus: Bus;
  clock: Clock;
  /** What subjects begin with; the name of this gateway; and what tells this run of it from others. */
  prefix: string;
  gateway: string;
  epoch: string;
  /** What the others want. */
  remote: RemoteInterest;
  /** Has `watch` told what is subscribed to here. */
  watchFilters(watch: FilterWatch): () => void;
  /** Called with each filter that is wanted here; the returned function is called when it is not any more. */
  wanted(filter: string): () => void;
  /** Told of something that is no interest, as another version or another program may send it. */
  misread(gateway: string): void;
}

/** What a gateway says of its interest. Fields that a later version adds are skipped. */
interface Saying {
  readonly version: 1;
  readonly epoch: string;
  /** One more than in what it said before. */
  readonly number: number;
  /** All that it said before does not hold any more. */
  readonly isWhole?: boolean;
  readonly began: readonly string[];
  readonly ended: readonly string[];
  /** What it takes that not every version does: `bundles`. */
  readonly takes?: readonly string[];
}

interface Heard {
  epoch: string;
  number: number;
  askedMs: number;
}

/** Changes of so long are told at once. */
const GATHER_MS = 10;
/** How many filters are said at once, so that no message is larger than a server takes. */
const MAX_SAID = 500;
/** How many filters a gateway tells of; of more, it says that it wants all. */
export const MAX_FILTERS = 20_000;
/** How often another gateway is asked for all that it wants, at most. */
const ASK_MS = 1000;
const TAKES = ['bundles'];
/** The end of the subject on which everybody is asked; no gateway has this name. */
const EVERYBODY = '=';

/**
 * Tells the other gateways what is subscribed to here, and hears what is subscribed to there: what nobody there wants need not be sent at all.
 * Each gateway says everything when its link comes up or when it is asked, and changes in between, with numbers, so that one that is missing is
 * noticed.
 */
export class Interest {
  readonly #parts: InterestParts;
  readonly #local = new Map<string, () => void>();
  readonly #heard = new Map<string, Heard>();
  readonly #began = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #undo: (() => void)[] = [];
  #number = 0;
  #endGathering: (() => void) | undefined;
  #wantsAll = false;

  constructor(parts: InterestParts) {
    this.#parts = parts;
  }

  start(): void {
    const { bus, prefix, gateway } = this.#parts;
    this.#undo.push(
      bus.subscribe(`${prefix}.i.*`, (payload, subject) => this.#hear(payload, subject)),
      bus.subscribe(`${prefix}.q.${gateway}`, () => this.#sayAll()),
      bus.subscribe(`${prefix}.q.${EVERYBODY}`, () => this.#sayAll()),
      this.#parts.watchFilters({ began: (filter) => this.#begin(filter), ended: (filter) => this.#end(filter) }),
    );
  }

  /** The link is up, or up again: what was said meanwhile was not heard. */
  linkUp(): void {
    this.#sayAll();
    this.#parts.bus.publish(`${this.#parts.prefix}.q.${EVERYBODY}`, new Uint8Array());
  }

  /** A gateway is gone, and with it all that it wanted. */
  gone(gateway: string): void {
    this.#heard.delete(gateway);
    this.#parts.remote.clear(gateway);
  }

  stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#endGathering?.();
    for (const undo of this.#local.values()) undo();
    this.#local.clear();
  }

  #begin(filter: string): void {
    if (this.#local.has(filter)) return;
    this.#local.set(filter, this.#parts.wanted(filter));
    if (!this.#ended.delete(filter)) this.#began.add(filter);
    this.#gather();
  }

  #end(filter: string): void {
    const undo = this.#local.get(filter);
    if (undo === undefined) return;
    this.#local.delete(filter);
    undo();
    if (!this.#began.delete(filter)) this.#ended.add(filter);
    this.#gather();
  }

  #gather(): void {
    this.#endGathering ??= this.#parts.clock.after(GATHER_MS, () => {
      this.#endGathering = undefined;
      if (this.#local.size > MAX_FILTERS !== this.#wantsAll) this.#sayAll();
      else if (!this.#wantsAll) this.#sayInParts([...this.#began], [...this.#ended]);
      this.#began.clear();
      this.#ended.clear();
    });
  }

  #sayAll(): void {
    this.#wantsAll = this.#local.size > MAX_FILTERS;
    const [first = [], ...rest] = partsOf(this.#wantsAll ? ['#', '$presence/#'] : [...this.#local.keys()]);
    this.#say({ isWhole: true, began: first, ended: [] });
    for (const began of rest) this.#say({ began, ended: [] });
    this.#began.clear();
    this.#ended.clear();
  }

  #sayInParts(began: readonly string[], ended: readonly string[]): void {
    for (const part of partsOf(began)) this.#say({ began: part, ended: [] });
    for (const part of partsOf(ended)) this.#say({ began: [], ended: part });
  }

  #say(saying: Pick<Saying, 'isWhole' | 'began' | 'ended'>): void {
    const { bus, prefix, gateway, epoch } = this.#parts;
    const whole: Saying = { version: 1, epoch, number: ++this.#number, ...saying, takes: TAKES };
    bus.publish(`${prefix}.i.${gateway}`, Buffer.from(JSON.stringify(whole)));
  }

  #hear(payload: Uint8Array, subject: string): void {
    const { remote, misread, gateway: self } = this.#parts;
    const gateway = subject.slice(subject.lastIndexOf('.') + 1);
    if (gateway === self) return;
    const saying = readSaying(payload);
    if (saying === undefined) {
      misread(gateway);
      return;
    }
    const { epoch, number, isWhole, began, ended, takes } = saying;
    const heard = this.#heard.get(gateway);
    if (isWhole) remote.clear(gateway);
    else if (heard === undefined || heard.epoch !== epoch || heard.number + 1 !== number) {
      // What was said before by the same run, and repeated since, is nothing new.
      if (heard?.epoch !== epoch || heard.number < number) this.#ask(gateway, heard);
      return;
    }
    remote.note(gateway, Array.isArray(takes) && takes.includes('bundles'));
    for (const filter of ended) remote.remove(gateway, filter);
    for (const filter of began) remote.add(gateway, filter);
    this.#heard.set(gateway, { epoch, number, askedMs: heard?.askedMs ?? Number.NEGATIVE_INFINITY });
  }

  #ask(gateway: string, heard: Heard | undefined): void {
    const { bus, clock, prefix } = this.#parts;
    const nowMs = clock.monotonicMs();
    if (heard !== undefined && nowMs - heard.askedMs < ASK_MS) return;
    if (heard !== undefined) heard.askedMs = nowMs;
    bus.publish(`${prefix}.q.${gateway}`, new Uint8Array());
  }
}

function partsOf(filters: readonly string[]): string[][] {
  const parts: string[][] = [];
  for (let at = 0; at < filters.length; at += MAX_SAID) parts.push(filters.slice(at, at + MAX_SAID));
  return parts;
}

function readSaying(payload: Uint8Array): Saying | undefined {
  let said: unknown;
  try {
    said = JSON.parse(Buffer.from(payload).toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof said !== 'object' || said === null) return undefined;
  const { version, epoch, number, began, ended } = said as Saying;
  if (version !== 1 || typeof epoch !== 'string' || !Number.isSafeInteger(number)) return undefined;
  return areTexts(began) && areTexts(ended) && began.length + ended.length <= MAX_SAID ? (said as Saying) : undefined;
}

function areTexts(list: unknown): list is readonly string[] {
  return Array.isArray(list) && list.every((each) => typeof each === 'string' && each !== '');
}
