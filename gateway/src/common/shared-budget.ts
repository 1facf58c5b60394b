import { networkOf } from './network-of.ts';

/** Whose something is. */
export interface Owner {
  /** The client's id. */
  client: string;
  /** The address it came from, without a port; undefined where it is not known. Those of one network of IPv6 count as one. */
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

/** What one client, one address or everyone has. */
class Account {
  readonly name: string;
  count = 0;
  bytes = 0;

  constructor(name: string) {
    this.name = name;
  }
}

interface Entry {
  bytes: number;
  client: Account;
  address: Account | undefined;
}

/**
 * Who has how much of something that all share: entries by key, each with its bytes and its owner. No client gets more
 * than a quarter of the count or of the bytes, and no address more than half, so that nobody takes all of it.
 */
export class SharedBudget {
  readonly #limits: BudgetLimits;
  readonly #entries = new Map<string, Entry>();
  readonly #all = new Account('');
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
    const old = this.#entries.get(key);
    return this.#mayPay(ofNetwork(owner), bytes, old) || this.#mayGoOnPaying(bytes, old);
  }

  /** Gives `key` so many bytes in place of what it has; false where they do not fit, and nothing changes. */
  set(key: string, bytes: number, from: Owner): boolean {
    const old = this.#entries.get(key);
    const owner = ofNetwork(from);
    if (this.#mayPay(owner, bytes, old)) this.#give(key, bytes, owner, old);
    else if (this.#mayGoOnPaying(bytes, old)) this.#resize(old as Entry, bytes);
    else return false;
    return true;
  }

  /** Counts what is there already, as an earlier run left it, whether it fits or not. */
  restore(key: string, bytes: number, owner: Owner): void {
    this.#give(key, bytes, ofNetwork(owner), this.#entries.get(key));
  }

  /** Takes what `key` has back; nothing where it has nothing. */
  delete(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    this.#entries.delete(key);
    this.#takeBack(entry);
  }

  /**
   * Where the share of the new owner is used up, the one who has it now pays, so that nobody ends what another one keeps by using up a
   * share of their own.
   */
  #mayGoOnPaying(bytes: number, old: Entry | undefined): boolean {
    if (old === undefined) return false;
    const { client, address } = old;
    return this.#mayPay({ client: client.name, address: address?.name }, bytes, old);
  }

  #mayPay({ client, address }: Owner, bytes: number, old: Entry | undefined): boolean {
    if (!this.#isWithin(this.#all, 1, bytes, old)) return false;
    const isSame = old !== undefined && old.client.name === client;
    if (!this.#isWithin(this.#clients.get(client), CLIENT_SHARE, bytes, isSame ? old : undefined)) return false;
    if (address === undefined) return true;
    const isThere = old !== undefined && old.address?.name === address;
    return this.#isWithin(this.#addresses.get(address), ADDRESS_SHARE, bytes, isThere ? old : undefined);
  }

  /** `old`: what these bytes take the place of, where it is of the same account. */
  #isWithin(account: Account | undefined, share: number, bytes: number, old: Entry | undefined): boolean {
    const { maxCount, maxBytes } = this.#limits;
    if (old === undefined && (account?.count ?? 0) + 1 > Math.ceil(maxCount * share)) return false;
    // Who has more than a share, as from an earlier run, may go on with what is there.
    const more = old === undefined ? bytes : bytes - old.bytes;
    return more <= 0 || (account?.bytes ?? 0) + more <= maxBytes * share;
  }

  #give(key: string, bytes: number, { client, address }: Owner, old: Entry | undefined): void {
    if (old === undefined) {
      const entry: Entry = {
        bytes,
        client: accountOf(this.#clients, client),
        address: address === undefined ? undefined : accountOf(this.#addresses, address),
      };
      this.#entries.set(key, entry);
      this.#count(entry, 1, bytes);
      return;
    }
    if (old.client.name === client && old.address?.name === address) {
      this.#resize(old, bytes);
      return;
    }
    this.#takeBack(old);
    old.bytes = bytes;
    old.client = accountOf(this.#clients, client);
    old.address = address === undefined ? undefined : accountOf(this.#addresses, address);
    this.#count(old, 1, bytes);
  }

  #resize(entry: Entry, bytes: number): void {
    this.#count(entry, 0, bytes - entry.bytes);
    entry.bytes = bytes;
  }

  #takeBack(entry: Entry): void {
    this.#count(entry, -1, -entry.bytes);
    const { client, address } = entry;
    if (client.count === 0) this.#clients.delete(client.name);
    if (address?.count === 0) this.#addresses.delete(address.name);
  }

  #count({ client, address }: Entry, count: number, bytes: number): void {
    this.#all.count += count;
    this.#all.bytes += bytes;
    client.count += count;
    client.bytes += bytes;
    if (address === undefined) return;
    address.count += count;
    address.bytes += bytes;
  }
}

function ofNetwork(owner: Owner): Owner {
  const { client, address } = owner;
  const network = address === undefined ? undefined : networkOf(address);
  return network === address ? owner : { client, address: network };
}

/** The account of that name, made where there is none. */
function accountOf(accounts: Map<string, Account>, name: string): Account {
  let account = accounts.get(name);
  if (account === undefined) {
    account = new Account(name);
    accounts.set(name, account);
  }
  return account;
}
