import { InTurn } from '../common/in-turn.ts';
import {
  type Account,
  accountNameFault,
  type CertificateRecord,
  newAccountFault,
  ownedIdFault,
  type TokenRecord,
} from './account.ts';
import { Namespace, namespaceFault } from './namespace.ts';
import { OwnedIds } from './owned-ids.ts';
import { passwordKind } from './password-hashes.ts';
import { hashToken } from './tokens.ts';

/** Where the accounts are kept. */
export interface AccountStore {
  /** What is kept; nothing if there is nothing yet. Throws a GatewayError if it cannot be read. */
  load(): Promise<readonly Account[]>;
  /** Replaces what is kept; it outlives a power cut once this resolves. */
  save(accounts: readonly Account[]): Promise<void>;
}

/** A credential that was found, and whose it is. */
export interface Found<Credential> {
  account: Account;
  credential: Credential;
}

/** One account has changed, and no other. */
export interface AccountChange {
  account: string;
  /** The ids that it owns are others than before, so that it matters to other accounts. */
  owns: boolean;
}

/** What a change was refused for, as a sentence. */
export class AccountError extends Error {
  readonly reason: 'unknown' | 'exists' | 'invalid';

  constructor(reason: AccountError['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * The accounts of one gateway, in memory. A change is on disk when its promise resolves, and takes effect then; changes are made one after
 * the other.
 */
export class AccountBook {
  readonly #store: AccountStore;
  readonly #accounts = new Map<string, Account>();
  /** Accounts of the environment: in memory only, and not changed by commands. */
  readonly #fixed = new Map<string, Account>();
  readonly #byToken = new Map<string, Found<TokenRecord>>();
  readonly #byCertificate = new Map<string, Found<CertificateRecord>>();
  readonly #owned = new OwnedIds();
  /** Kept while any account has it, so that whoever has it can be told from whoever has another. */
  #namespaces = new Map<string, Namespace>();
  readonly #passwords = new Map<string, string>();
  readonly #listeners = new Set<(change?: AccountChange) => void>();
  readonly #changes = new InTurn();

  /** `fixed`: accounts that are not kept. */
  constructor(store: AccountStore, fixed: Iterable<Account> = []) {
    this.#store = store;
    for (const account of fixed) this.#fixed.set(account.name, account);
    this.#index();
  }

  /** Reads what is kept, at the start, and again where another program has changed it. */
  load(): Promise<void> {
    return this.#changes.run(async () => {
      const accounts = await this.#store.load();
      this.#accounts.clear();
      for (const account of accounts) this.#accounts.set(account.name, account);
      this.#changed();
    });
  }

  /** True while there is no account but those of the environment. */
  get isEmpty(): boolean {
    return this.#accounts.size === 0;
  }

  /** True if there is any account. */
  get hasAny(): boolean {
    return this.#accounts.size + this.#fixed.size > 0;
  }

  get(name: string): Account | undefined {
    return this.#accounts.get(name) ?? this.#fixed.get(name);
  }

  /** All accounts, by name. */
  list(): Account[] {
    return [...new Map([...this.#fixed, ...this.#accounts]).values()].sort((one, other) =>
      one.name < other.name ? -1 : 1,
    );
  }

  /** The account that owns a client id; undefined if nobody does. */
  ownerOf(id: string): string | undefined {
    return this.#owned.ownerOf(id);
  }

  /** The namespace of an account; undefined where it has none, or there is no such account. */
  namespaceOf(account: string | undefined): Namespace | undefined {
    const name = account === undefined ? undefined : this.get(account)?.namespace;
    return name === undefined ? undefined : this.#namespaces.get(name);
  }

  /** Whether any account has this namespace. */
  hasNamespace(name: string): boolean {
    return this.#namespaces.has(name);
  }

  findToken(token: string): Found<TokenRecord> | undefined {
    return this.#byToken.get(hashToken(token));
  }

  /** `fingerprint`: SHA-256, hexadecimal, lower case. */
  findCertificate(fingerprint: string): Found<CertificateRecord> | undefined {
    return this.#byCertificate.get(fingerprint);
  }

  /** One password hash of each kind that there is, by `passwordKind`. */
  get passwordKinds(): ReadonlyMap<string, string> {
    return this.#passwords;
  }

  /** Adds an account. Rejects with an AccountError if the name is taken or cannot be one. */
  add(account: Account): Promise<Account> {
    return this.#changes.run(async () => {
      refuse(faultOfNew(account));
      if (this.get(account.name)) throw exists(account.name);
      return this.#put(account);
    });
  }

  /** Adds many accounts, or none where one of them cannot be added. */
  addAll(accounts: readonly Account[]): Promise<void> {
    return this.#changes.run(async () => {
      const changed = new Map(this.#accounts);
      for (const account of accounts) {
        refuse(faultOfNew(account));
        if (changed.has(account.name)) throw exists(account.name);
        changed.set(account.name, account);
      }
      await this.#store.save([...changed.values()]);
      for (const account of accounts) this.#accounts.set(account.name, account);
      this.#changed();
    });
  }

  /** Adds those that can be added, also in place of those of the environment; returns why others were not, by name. */
  addEach(accounts: readonly Account[]): Promise<Map<string, AccountError>> {
    return this.#changes.run(async () => {
      const refused = new Map<string, AccountError>();
      const changed = new Map(this.#accounts);
      for (const account of accounts) {
        const fault = faultOfNew(account) ?? (changed.has(account.name) ? exists(account.name) : undefined);
        if (fault === undefined) changed.set(account.name, account);
        else refused.set(account.name, fault);
      }
      await this.#store.save([...changed.values()]);
      for (const [name, account] of changed) this.#accounts.set(name, account);
      this.#changed();
      return refused;
    });
  }

  /** Changes an account: `change` makes the new one of the present one. Rejects with an AccountError if there is none. */
  update(name: string, change: (account: Account) => Account): Promise<Account> {
    return this.#changes.run(async () => {
      const present = this.#kept(name);
      const changed = change(present);
      refuse(faultOf({ ...changed, name }));
      return this.#put({ ...changed, name });
    });
  }

  remove(name: string): Promise<void> {
    return this.#changes.run(async () => {
      this.#kept(name);
      const left = new Map(this.#accounts);
      left.delete(name);
      await this.#store.save([...left.values()]);
      this.#accounts.delete(name);
      this.#changed(this.isEmpty ? undefined : { account: name, owns: true });
    });
  }

  /** All accounts but those of the environment. */
  kept(): Account[] {
    return [...this.#accounts.values()];
  }

  /** Has accounts be as another gateway has them: `change` makes each of the present one; undefined: there is none. */
  adopt(
    names: readonly string[],
    change: (name: string, now: Account | undefined) => Account | undefined,
  ): Promise<void> {
    return this.#changes.run(async () => {
      const changed = new Map(this.#accounts);
      for (const name of names) {
        const account = change(name, this.#accounts.get(name));
        if (account === undefined) changed.delete(name);
        else changed.set(name, account);
      }
      const others = names.filter((name) => changed.get(name) !== this.#accounts.get(name));
      if (others.length === 0) return;
      await this.#store.save([...changed.values()]);
      const hadAny = !this.isEmpty;
      this.#accounts.clear();
      for (const [name, account] of changed) this.#accounts.set(name, account);
      const isOne = others.length === 1 && hadAny && !this.isEmpty;
      this.#changed(isOne ? { account: others[0] as string, owns: true } : undefined);
    });
  }

  /** Calls `listener` after every change, with the account where it is about one alone, until the returned function is called. */
  onChange(listener: (change?: AccountChange) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #kept(name: string): Account {
    const account = this.#accounts.get(name);
    if (account) return account;
    if (this.#fixed.has(name)) {
      throw new AccountError('invalid', `The account ${name} is set by CROSSCOMM_OOCSI_USERS; change it there.`);
    }
    throw noAccount(name);
  }

  async #put(account: Account): Promise<Account> {
    const { name } = account;
    const changed = new Map(this.#accounts).set(name, account);
    await this.#store.save([...changed.values()]);
    const [before, hadAny] = [this.#accounts.get(name), !this.isEmpty];
    this.#accounts.set(name, account);
    const owns = !isSameList(before?.ids, account.ids) || before?.namespace !== account.namespace;
    this.#changed(hadAny ? { account: name, owns } : undefined);
    return account;
  }

  /** Without a change, all accounts may be others. */
  #changed(change?: AccountChange): void {
    this.#index();
    for (const listener of this.#listeners) listener(change);
  }

  #index(): void {
    this.#byToken.clear();
    this.#byCertificate.clear();
    this.#owned.clear();
    this.#passwords.clear();
    for (const name of this.#fixed.keys()) this.#owned.addName(name);
    for (const account of this.#accounts.values()) this.#owned.add(account.name, account.ids);
    const before = this.#namespaces;
    this.#namespaces = new Map();
    for (const { namespace: name } of this.#accounts.values()) {
      if (name !== undefined) this.#namespaces.set(name, before.get(name) ?? new Namespace(name));
    }
    for (const account of this.list()) {
      if (account.password !== undefined) this.#passwords.set(passwordKind(account.password), account.password);
      for (const token of account.tokens) this.#byToken.set(token.sha256, { account, credential: token });
      for (const credential of account.certificates) {
        this.#byCertificate.set(credential.fingerprint, { account, credential });
      }
    }
  }
}

function refuse(fault: AccountError | undefined): void {
  if (fault !== undefined) throw fault;
}

/** One that is there already may have such a name, as earlier versions gave it. */
function faultOfNew(account: Account): AccountError | undefined {
  const fault = newAccountFault(account.name);
  return fault === undefined ? faultOf(account) : new AccountError('invalid', `${upper(fault)}.`);
}

function faultOf({ name, ids, namespace }: Account): AccountError | undefined {
  const ofIds = ids.map(ownedIdFault).find((text) => text !== undefined);
  const fault = accountNameFault(name) ?? ofIds ?? (namespace === undefined ? undefined : namespaceFault(namespace));
  return fault === undefined ? undefined : new AccountError('invalid', `${upper(fault)}.`);
}

/** The error for a name that is no account's. */
export function noAccount(name: string): AccountError {
  return new AccountError('unknown', `There is no account ${name}: crosscomm account list shows which there are.`);
}

function exists(name: string): AccountError {
  const more = `crosscomm account show ${name} shows it, and crosscomm account token ${name} gives it one more token`;
  return new AccountError('exists', `There is an account ${name} already: ${more}.`);
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function isSameList(one: readonly string[] | undefined, other: readonly string[]): boolean {
  return one?.length === other.length && one.every((each, index) => each === other[index]);
}
