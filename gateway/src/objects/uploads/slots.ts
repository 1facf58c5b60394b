import { networkOf } from '../../common/network-of.ts';

/** The owner of an upload. */
export interface SlotOwner {
  /** The client's name. */
  from: string;
  /** The address it comes from; undefined if it has none, as on a serial port. */
  address?: string | undefined;
}

/** One client at one address may have a quarter of all slots. */
const CLIENT_SHARE = 1 / 4;
/** One address may have half of them, as many boards may share it. */
const ADDRESS_SHARE = 1 / 2;

/**
 * Who has how many incoming uploads. A client name counts separately for each address, as anyone may send under any name by HTTP, and
 * nobody else's uploads may use up the share of its owner.
 */
export class Slots {
  readonly #max: number;
  readonly #owners = new Map<string, SlotOwner>();
  readonly #counts = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Which limit keeps another upload of this owner out: its own share, that of its address, or the total. */
  limitFor(owner: SlotOwner): 'client' | 'address' | 'all' | undefined {
    if (this.#count(clientOf(owner)) >= Math.ceil(this.#max * CLIENT_SHARE)) return 'client';
    const network = networkFor(owner);
    if (network !== undefined && this.#count(network) >= Math.ceil(this.#max * ADDRESS_SHARE)) return 'address';
    return this.#owners.size >= this.#max ? 'all' : undefined;
  }

  /** Whether the uploads of `other` count towards the limit that keeps `owner` out. */
  shares(limit: 'client' | 'address' | 'all', owner: SlotOwner, other: SlotOwner): boolean {
    if (limit === 'all') return true;
    return limit === 'client' ? clientOf(owner) === clientOf(other) : networkFor(owner) === networkFor(other);
  }

  take(id: string, { from, address }: SlotOwner): void {
    this.free(id);
    const owner = { from, address };
    this.#owners.set(id, owner);
    this.#change(owner, 1);
  }

  free(id: string): void {
    const owner = this.#owners.get(id);
    if (owner === undefined) return;
    this.#owners.delete(id);
    this.#change(owner, -1);
  }

  #count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  #change(owner: SlotOwner, by: 1 | -1): void {
    for (const name of [clientOf(owner), networkFor(owner)]) {
      if (name === undefined) continue;
      const count = this.#count(name) + by;
      if (count === 0) this.#counts.delete(name);
      else this.#counts.set(name, count);
    }
  }
}

function clientOf(owner: SlotOwner): string {
  return JSON.stringify([networkFor(owner) ?? '', owner.from]);
}

function networkFor({ address }: SlotOwner): string | undefined {
  return address && networkOf(address);
}
