/** Whose something is. */
export interface Owner {
  /** The client's id. */
  client: string;
  /** The address it came from, without a port; undefined where it is not known. */
  address?: string | undefined;
}

export interface BudgetLimits {
  maxCount: number;
  maxBytes: number;
}

/** One client may have a quarter of all. */
const CLIENT_SHARE = 1 / 4;
/** One address may have a half, as many boards may be behind it. */
const ADDRESS_SHARE = 1 / 2;

interface Entry {
  readonly bytes: number;
  readonly owner: Owner;
}

/** What one client, one address or everyone has. */
class Account {
  count = 0;
  bytes = 0;
}

/**
 * Who has how much of something that all share: entries by key, each with its bytes and its owner. No client gets more
 * than a quarter of the count or of the bytes, and no address more than half, so that nobody takes all of it.
 */
export class SharedBudget {
  readonly #limits: BudgetLimits;
  readonly #entries = new Map<string, Entry>();
  readonly #all = new Account();
  readonly #clients = new Map<string, Account>();
  readonly #addresses = new Map<string, Account>();

  constructor(limits: BudgetLimits) {
    this.#limits = limits;
  }

  get count(): number {
    return this.#all.count;
  }

  get bytes(): number {
    return this.#all.bytes;
  }

  has(key: string): boolean {
    return this.#entries.has(key);
  }

  /** True where `key` may have `bytes` in place of what it has. */
  fits(key: string, bytes: number, { client, address }: Owner): boolean {
    const old = this.#entries.get(key);
    const { maxCount, maxBytes } = this.#limits;
    const isWithin = (account: Account | undefined, isOld: boolean, share: number): boolean =>
      (account?.count ?? 0) + 1 - (isOld ? 1 : 0) <= Math.ceil(maxCount * share) &&
      (account?.bytes ?? 0) + bytes - (isOld && old ? old.bytes : 0) <= maxBytes * share;
    return (
      isWithin(this.#all, old !== undefined, 1) &&
      isWithin(this.#clients.get(client), old?.owner.client === client, CLIENT_SHARE) &&
      (address === undefined || isWithin(this.#addresses.get(address), old?.owner.address === address, ADDRESS_SHARE))
    );
  }

  /** Gives `key` so many bytes in place of what it has; false where they do not fit, and nothing changes. */
  set(key: string, bytes: number, owner: Owner): boolean {
    if (!this.fits(key, bytes, owner)) return false;
    this.restore(key, bytes, owner);
    return true;
  }

  /** Counts what is there already, as an earlier run left it, whether it fits or not. */
  restore(key: string, bytes: number, { client, address }: Owner): void {
    this.delete(key);
    const owner: Owner = { client, address };
    this.#entries.set(key, { bytes, owner });
    this.#change({ bytes, owner }, 1);
  }

  /** Takes what `key` has back; nothing where it has nothing. */
  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#change(entry, -1);
  }

  #change({ bytes, owner }: Entry, by: 1 | -1): void {
    this.#all.count += by;
    this.#all.bytes += by * bytes;
    change(this.#clients, owner.client, bytes, by);
    if (owner.address !== undefined) change(this.#addresses, owner.address, bytes, by);
  }
}

function change(accounts: Map<string, Account>, of: string, bytes: number, by: 1 | -1): void {
  let account = accounts.get(of);
  if (account === undefined) {
    account = new Account();
    accounts.set(of, account);
  }
  account.count += by;
  account.bytes += by * bytes;
  if (account.count === 0) accounts.delete(of);
}
