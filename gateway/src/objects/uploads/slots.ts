/** Whose an upload is. */
export interface SlotOwner {
  /** The client's name. */
  from: string;
  /** The address it comes from; undefined where it has none, as on a serial port. */
  address?: string | undefined;
}

/** One client at one address may have a quarter of all. */
const CLIENT_SHARE = 1 / 4;
/** One address may have a half, as many boards may be behind it. */
const ADDRESS_SHARE = 1 / 2;

/**
 * Who has how many uploads on their way in. A name counts for each address by itself, as anyone may send under a name by
 * HTTP, and the share of its owner is not to be used up by others.
 */
export class Slots {
  readonly #max: number;
  readonly #owners = new Map<string, SlotOwner>();
  readonly #counts = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** What keeps one more of this owner out: its own share, that of its address, or that there are too many of all. */
  limitFor(owner: SlotOwner): 'client' | 'address' | 'all' | undefined {
    if (this.#count(clientOf(owner)) >= Math.ceil(this.#max * CLIENT_SHARE)) return 'client';
    const address = addressOf(owner);
    if (address !== undefined && this.#count(address) >= Math.ceil(this.#max * ADDRESS_SHARE)) return 'address';
    return this.#owners.size >= this.#max ? 'all' : undefined;
  }

  /** Whether what is `other`'s counts towards the limit that keeps `owner` out. */
  shares(limit: 'client' | 'address' | 'all', owner: SlotOwner, other: SlotOwner): boolean {
    if (limit === 'all') return true;
    return limit === 'client' ? clientOf(owner) === clientOf(other) : owner.address === other.address;
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
    for (const name of [clientOf(owner), addressOf(owner)]) {
      if (name === undefined) continue;
      const count = this.#count(name) + by;
      if (count === 0) this.#counts.delete(name);
      else this.#counts.set(name, count);
    }
  }
}

function clientOf({ from, address = '' }: SlotOwner): string {
  return JSON.stringify([address, from]);
}

function addressOf({ address }: SlotOwner): string | undefined {
  return address;
}
