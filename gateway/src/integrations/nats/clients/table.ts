import type { Clock } from '../../../common/clock.ts';
import { detachText } from '../../../hub/detach.ts';
import type { Elsewhere, RemoteClient, RemoteGateway } from '../../../hub/elsewhere.ts';
import { LIFE_MS } from '../gateways.ts';
import type { ClientRecord } from './record.ts';

export interface TableParts {
  clock: Clock;
  elsewhere: Elsewhere;
  /** The name of this gateway. */
  gateway: string;
  /** When a gateway was heard of last, by `Clock.now`. */
  heardMs(gateway: string): number;
  /** What the bucket says of an id has changed. */
  changed(id: string): void;
}

/** One run of a gateway, which has clients. */
export class Holder implements RemoteGateway {
  readonly name: string;
  readonly epoch: string;
  readonly #heardMs: (gateway: string) => number;
  /** It is one of the gateways that are there. */
  isPresent = false;
  /** How many clients it has. */
  count = 0;
  /** When it wrote an entry last, and since when it is not present; by `Clock.monotonicMs`. */
  wroteMs = Number.NEGATIVE_INFINITY;
  awayMs: number;

  constructor(name: string, epoch: string, nowMs: number, heardMs: (gateway: string) => number) {
    this.name = name;
    this.epoch = epoch;
    this.awayMs = nowMs;
    this.#heardMs = heardMs;
  }

  get heardMs(): number {
    return this.#heardMs(this.name);
  }
}

/** What the bucket has of one client. There may be 100,000 of them: each field counts. */
export class Entry implements RemoteClient {
  readonly gateway: Holder;
  readonly protocol: string;
  readonly account: string | undefined;
  readonly sinceMs: number;
  readonly revision: number;

  constructor(gateway: Holder, { protocol, account, sinceMs }: ClientRecord, revision: number) {
    this.gateway = gateway;
    this.protocol = protocol;
    this.account = account;
    this.sinceMs = sinceMs;
    this.revision = revision;
  }
}

/** How many different texts are kept once. */
const MAX_SHARED = 10_000;

/** All that the bucket has of clients. Those of other gateways that are there are shown to the hub. */
export class ClientTable {
  readonly #parts: TableParts;
  readonly #entries = new Map<string, Entry>();
  readonly #holders = new Map<string, Holder>();
  readonly #texts = new Map<string, string>();

  constructor(parts: TableParts) {
    this.#parts = parts;
  }

  get(id: string): Entry | undefined {
    return this.#entries.get(id);
  }

  /** Whether the run of the gateway that has an entry is there, as far as is known. */
  isThere({ gateway: holder }: Entry): boolean {
    return holder.isPresent || this.#parts.clock.monotonicMs() - holder.wroteMs < LIFE_MS;
  }

  /** How many clients each gateway has that is there. */
  counts(): Map<string, number> {
    const present = [...this.#holders.values()].filter(({ isPresent }) => isPresent);
    return new Map(present.map(({ name, count }) => [name, count]));
  }

  /** The ids for which an entry is so. */
  *ids(isWanted: (entry: Entry) => boolean): Generator<string> {
    for (const [id, entry] of this.#entries) if (isWanted(entry)) yield id;
  }

  /** The ids of the first `most` clients of other gateways that have been gone for so long. */
  *left(goneMs: number, most: number): Generator<string> {
    const { clock, gateway } = this.#parts;
    const nowMs = clock.monotonicMs();
    const isLeft = (entry: Entry): boolean =>
      entry.gateway.name !== gateway && !this.isThere(entry) && nowMs - entry.gateway.awayMs >= goneMs;
    let count = 0;
    for (const id of this.ids(isLeft)) {
      if (count++ === most) return;
      yield id;
    }
  }

  /** Takes what the bucket says; what is older than what is known does not count. `isNews`: it was written just now. */
  put(id: string, record: ClientRecord, revision: number, isNews: boolean): void {
    const known = this.#entries.get(id);
    if (known !== undefined && known.revision >= revision) return;
    const holder = this.#holderOf(record);
    if (isNews) holder.wroteMs = this.#parts.clock.monotonicMs();
    const { protocol, account } = record;
    const shared = { ...record, protocol: this.#share(protocol), account: account && this.#share(account) };
    const entry = new Entry(holder, shared, revision);
    if (known !== undefined) this.#release(known);
    holder.count++;
    this.#entries.set(known === undefined ? detachText(id) : id, entry);
    this.#show(id, entry);
    this.#parts.changed(id);
  }

  /** Nothing is in the bucket any more. */
  delete(id: string, revision: number): void {
    const known = this.#entries.get(id);
    if (known === undefined || known.revision >= revision) return;
    this.#release(known);
    this.#entries.delete(id);
    this.#parts.elsewhere.delete(id);
    this.#parts.changed(id);
  }

  /** All that is in the bucket is among `seen`: the rest has gone unnoticed. */
  keepOnly(seen: ReadonlySet<string>): void {
    for (const [id] of this.#entries) if (!seen.has(id)) this.delete(id, Number.POSITIVE_INFINITY);
  }

  /** A run of a gateway is there, and its clients are online. */
  came(name: string, epoch: string): void {
    const holder = this.#holderOf({ gateway: name, epoch });
    holder.isPresent = true;
    if (holder.count > 0) for (const [id, entry] of this.#entries) if (entry.gateway === holder) this.#show(id, entry);
  }

  /** A gateway is gone, and its clients with it. */
  went(name: string): void {
    for (const [key, holder] of this.#holders) {
      if (holder.name !== name || !holder.isPresent) continue;
      holder.isPresent = false;
      holder.awayMs = this.#parts.clock.monotonicMs();
      if (holder.count === 0) this.#holders.delete(key);
      else for (const [id, entry] of this.#entries) if (entry.gateway === holder) this.#show(id, entry);
    }
  }

  #show(id: string, entry: Entry): void {
    const { elsewhere, gateway } = this.#parts;
    if (entry.gateway.isPresent && entry.gateway.name !== gateway) elsewhere.put(id, entry);
    else elsewhere.delete(id);
  }

  #holderOf({ gateway, epoch }: Pick<ClientRecord, 'gateway' | 'epoch'>): Holder {
    const key = keyOf(gateway, epoch);
    let holder = this.#holders.get(key);
    if (holder === undefined) {
      const { clock, heardMs } = this.#parts;
      holder = new Holder(detachText(gateway), detachText(epoch), clock.monotonicMs(), heardMs);
      this.#holders.set(key, holder);
    }
    return holder;
  }

  #release({ gateway: holder }: Entry): void {
    holder.count--;
    if (holder.count === 0 && !holder.isPresent) this.#holders.delete(keyOf(holder.name, holder.epoch));
  }

  /** The same text, once for all that have it. */
  #share(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= MAX_SHARED) this.#texts.clear();
    const own = detachText(text);
    this.#texts.set(own, own);
    return own;
  }
}

function keyOf(gateway: string, epoch: string): string {
  return `${gateway} ${epoch}`;
}
