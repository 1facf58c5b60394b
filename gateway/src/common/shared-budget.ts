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
  fits(key: string, bytes: number, owner: Owner): boolean {
    return this.#payerOf(key, bytes, owner) !== undefined;
  }

  /** Gives `key` so many bytes in place of what it has; false where they do not fit, and nothing changes. */
  set(key: string, bytes: number, owner: Owner): boolean {
    const payer = this.#payerOf(key, bytes, owner);
    if (payer === undefined) return false;
    this.restore(key, bytes, payer);
    return true;
  }

  /**
   * Out of whose share `key` may have `bytes`: the new owner's, or where that is used up the one's who has it now, so that nobody
   * ends what another one keeps by using up a share of their own.
   */
  #payerOf(key: string, bytes: number, owner: Owner): Owner | undefined {
    const old = this.#entries.get(key);
    if (this.#mayPay(owner, bytes, old)) return owner;
    return old !== undefined && this.#mayPay(old.owner, bytes, old) ? old.owner : undefined;
  }

  #mayPay({ client, address }: Owner, bytes: number, old: Entry | undefined): boolean {
    const { maxCount, maxBytes } = this.#limits;
    // Who has more than a share, as from an earlier run, may go on with what is there.
    const isWithin = (account: Account | undefined, isOld: boolean, share: number): boolean => {
      const more = bytes - (isOld && old ? old.bytes : 0);
      return (
        (isOld || (account?.count ?? 0) + 1 <= Math.ceil(maxCount * share)) &&
        (more <= 0 || (account?.bytes ?? 0) + more <= maxBytes * share)
      );
    };
    return (
      isWithin(this.#all, old !== undefined, 1) &&
      isWithin(this.#clients.get(client), old?.owner.client === client, CLIENT_SHARE) &&
      (address === undefined || isWithin(this.#addresses.get(address), old?.owner.address === address, ADDRESS_SHARE))
    );
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
