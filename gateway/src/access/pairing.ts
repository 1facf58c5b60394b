import { randomBytes, randomInt } from 'node:crypto';
import type { Clock } from '../common/clock.ts';
import type { Account, TokenRecord } from './account.ts';
import { newAccountFault } from './account.ts';
import { type AccountBook, AccountError } from './account-book.ts';
import type { ChannelNames } from './channel-names.ts';
import type { Claim, Proven } from './claim.ts';
import type { RoleBook } from './roles.ts';
import { hashToken, makeToken, makeTokenId } from './tokens.ts';

/** What a client gives as its secret to be paired: this, and the code. */
export const PAIRING_PREFIX = 'pair:';
/** The label of tokens that were given by pairing. */
export const PAIRED_LABEL = 'paired';
/** So many wrong codes, whoever tries them, end every code that is open. */
const MAX_WRONG = 5;
const MAX_OPEN = 16;
/** Of those that are over, so many are still shown, and so many codes are no guess. */
const MAX_ENDED = 64;
const CODES = 1_000_000;
const SEPARATORS = /[ -]/g;
const CODE = /^\d{6}$/;

/** For whom a code is. */
export interface PairingWish {
  /** The account that gets the token; by default it is called like the client that comes, and must be new or of this kind. */
  name?: string | undefined;
  /** Of an account that is made. */
  roles: readonly string[];
  lifetimeMs: number;
}

/** Who came with a code. */
export interface PairedClient {
  /** Its client id. */
  id: string;
  protocol: string;
  peer: string;
  account: string;
}

/**
 * `waiting`: nobody came yet. `joined`: somebody has come with the code, and has not used its token yet. `paired`: the token was used. The
 * others: it ended without that, as its time was over, somebody guessed, or the operator wanted it.
 */
export type PairingState = 'waiting' | 'joined' | 'paired' | 'expired' | 'guessed' | 'cancelled';

/** How it stands with a code, for the screen of whoever asked for it. */
export interface PairingView {
  id: string;
  code: string;
  state: PairingState;
  /** Whoever comes with it gets the first account of the gateway, which changes what clients without one may do. */
  isFirst: boolean;
  /** How long the code is still good, in milliseconds. */
  leftMs: number;
  wrongTries: number;
  client?: PairedClient | undefined;
  /** For clients that cannot be given it: the token that somebody has to type in. */
  token?: string | undefined;
}

interface Pairing {
  readonly id: string;
  readonly code: string;
  readonly wish: PairingWish;
  readonly endsMs: number;
  state: PairingState;
  wrongTries: number;
  client?: PairedClient;
  token?: string;
  tokenId?: string;
  /** Whether the client has the token: by its answer, or by a frame; `no`: it has said that it cannot keep one, or not answered. */
  isGiven: 'yes' | 'no' | undefined;
  /** Its account is being made. */
  making?: Promise<unknown>;
  cancelTimer(): void;
}

export interface PairingParts {
  accounts: AccountBook;
  roles: Pick<RoleBook, 'get' | 'names'>;
  channels: ChannelNames;
  clock: Clock;
  /** Is told of what an operator may want to know: part of a log line, without the code. */
  tell?(what: string, details: Record<string, unknown>): void;
}

type Refusal = Extract<Proven, { why: string }>;

/** The answer to a code that is none. */
export const WRONG_CODE: Refusal = { reason: 'password', why: 'the pairing code is wrong, used up or too old' };

/**
 * Codes of six digits, each of which gives one client a token of its own. A code belongs to the client that comes with it first, and is used
 * up when that one has used its token. Five wrong codes, of anybody, end all that are open: whoever guesses has five chances in a million.
 */
export class Pairings {
  readonly #parts: PairingParts;
  readonly #open = new Map<string, Pairing>();
  readonly #byId = new Map<string, Pairing>();
  readonly #byToken = new Map<string, Pairing>();

  constructor(parts: PairingParts) {
    this.#parts = parts;
  }

  /** Whether any code is open. */
  get isOpen(): boolean {
    return this.#open.size > 0;
  }

  /** Makes a code. Throws an AccountError if the account cannot be one, or too many codes are open. */
  open(wish: PairingWish): PairingView {
    const { clock, roles } = this.#parts;
    if (this.#open.size >= MAX_OPEN) throw new AccountError('invalid', `There are ${MAX_OPEN} pairing codes already.`);
    const fault = wish.name === undefined ? undefined : newAccountFault(wish.name);
    if (fault !== undefined) throw new AccountError('invalid', `"${wish.name}" is no account: ${fault}.`);
    const unknown = wish.roles.find((role) => roles.get(role) === undefined);
    if (unknown !== undefined) {
      throw new AccountError('invalid', `There is no role "${unknown}": they are ${roles.names().join(', ')}.`);
    }
    const pairing: Pairing = {
      id: randomBytes(8).toString('hex'),
      code: this.#freshCode(),
      wish,
      endsMs: clock.monotonicMs() + wish.lifetimeMs,
      state: 'waiting',
      wrongTries: 0,
      isGiven: undefined,
      cancelTimer: clock.after(wish.lifetimeMs, () => this.#end(pairing, 'expired')),
    };
    this.#open.set(pairing.code, pairing);
    this.#byId.set(pairing.id, pairing);
    this.#forgetOldest();
    return this.#viewOf(pairing);
  }

  /** How it stands with a code; undefined if there is none with this id, or not any more. */
  view(id: string): PairingView | undefined {
    const pairing = this.#byId.get(id);
    return pairing && this.#viewOf(pairing);
  }

  /** Ends a code that nobody has used. */
  cancel(id: string): void {
    const pairing = this.#byId.get(id);
    if (pairing) this.#end(pairing, 'cancelled');
  }

  /** The proof of a client whose secret is `pair:` and this code. */
  async prove(claim: Pick<Claim, 'id' | 'protocol' | 'peer'>, code: string): Promise<Proven> {
    const answer = await this.redeem(claim, code);
    if ('refused' in answer) return answer.refused;
    return { proof: 'token', account: answer.account, credential: answer.tokenId };
  }

  /** Gives a client that has the code its token. `claim.id` may be left out where the code is for an account. */
  async redeem(
    claim: Pick<Claim, 'id' | 'protocol' | 'peer'>,
    code: string,
  ): Promise<{ account: string; token: string; tokenId: string } | { refused: Refusal }> {
    const pairing = this.#match(claim, code);
    if (pairing === undefined) return { refused: WRONG_CODE };
    const { id, protocol, peer } = claim;
    const account = pairing.client?.account ?? pairing.wish.name ?? id;
    if (account === undefined) return { refused: refused('give a name, as the code is for no account') };
    if (pairing.client !== undefined && pairing.client.id !== (id ?? account)) {
      return { refused: refused('the pairing code belongs to another client, which came with it first') };
    }
    if (pairing.making === undefined) {
      // In the same turn of the event loop, so that of two that come at once one gets it.
      pairing.client = { id: id ?? account, protocol, peer, account };
      pairing.making = this.#make(pairing, account, id);
    }
    try {
      await pairing.making;
    } catch (error) {
      delete pairing.client;
      delete pairing.making;
      if (error instanceof AccountError) return { refused: refused(lower(error.message)) };
      throw error;
    }
    const { token = '', tokenId = '' } = pairing;
    if (pairing.state === 'waiting') {
      pairing.state = 'joined';
      this.#parts.tell?.('A client came with a pairing code.', { ...pairing.client });
    }
    return { account, token, tokenId };
  }

  /** The token to offer to a client that came with a code and this credential; undefined if it needs none. */
  offerFor(credential: string | undefined): string | undefined {
    const pairing = credential === undefined ? undefined : this.#byToken.get(credential);
    return pairing?.state === 'joined' ? pairing.token : undefined;
  }

  /** The client has its token, so nobody has to type it in. */
  given(credential: string | undefined): void {
    this.#note(credential, 'yes');
  }

  /** The client cannot keep its token, so somebody has to type it in. */
  notKept(credential: string | undefined): void {
    this.#note(credential, 'no');
  }

  #note(credential: string | undefined, isGiven: 'yes' | 'no'): void {
    const pairing = credential === undefined ? undefined : this.#byToken.get(credential);
    if (pairing) pairing.isGiven = isGiven;
  }

  /** A token was used; called for each that is right while any code is open. The code that gave it is used up. */
  used(credential: string): void {
    const pairing = this.#byToken.get(credential);
    if (pairing?.state !== 'joined') return;
    this.#end(pairing, 'paired');
    this.#parts.tell?.('A client is paired: it uses its token.', { ...pairing.client });
    void this.#removeOthers(pairing).catch(() => {
      // They are still there, as if it had not been asked; the next pairing removes them.
    });
  }

  #viewOf(pairing: Pairing): PairingView {
    const { id, code, state, endsMs, wrongTries, client, token, isGiven } = pairing;
    const isAsked = client?.protocol === 'frames' || client?.protocol === 'http';
    const isTyped = state === 'joined' && (isGiven === 'no' || (isGiven === undefined && !isAsked));
    const leftMs = this.#open.has(code) ? Math.max(0, endsMs - this.#parts.clock.monotonicMs()) : 0;
    const isFirst = this.#parts.accounts.isEmpty;
    return { id, code, state, isFirst, leftMs, wrongTries, client, token: isTyped ? token : undefined };
  }

  /** The pairing that a code is for. A wrong code counts for all; one that was right once is no guess. */
  #match({ peer, protocol }: Pick<Claim, 'peer' | 'protocol'>, text: string): Pairing | undefined {
    const code = text.replaceAll(SEPARATORS, '');
    const found = this.#open.get(code);
    if (found !== undefined || !CODE.test(code)) return found;
    for (const { code: former } of this.#byId.values()) if (former === code) return undefined;
    for (const pairing of [...this.#open.values()]) {
      pairing.wrongTries++;
      if (pairing.wrongTries < MAX_WRONG) continue;
      this.#end(pairing, 'guessed');
      this.#parts.tell?.('A pairing code ended, as wrong ones were tried.', { peer, protocol });
    }
    return undefined;
  }

  async #make(pairing: Pairing, name: string, id: string | undefined): Promise<void> {
    const { accounts, channels, clock } = this.#parts;
    const { wish } = pairing;
    const token = makeToken();
    const record: TokenRecord = {
      id: makeTokenId(),
      sha256: hashToken(token),
      createdMs: clock.now(),
      label: PAIRED_LABEL,
    };
    const present = accounts.get(name);
    const owner = id === undefined ? undefined : accounts.ownerOf(id);
    if (owner !== undefined && owner !== name) {
      throw new AccountError('exists', `The client id ${id} belongs to the account ${owner}.`);
    }
    // Its account would own it, and nobody else could hear that channel any more.
    const rule = id === undefined || owner !== undefined || id === wish.name ? undefined : channels.ruleAbout(id);
    if (rule !== undefined) {
      throw new AccountError('exists', `The client id ${id} is a channel, too: ${rule}. Name it when you pair.`);
    }
    const taken =
      owner === undefined ? channels.warnings(present === undefined ? ownedBy(name, id) : [id ?? name]) : [];
    if (present === undefined) {
      const ids = id === undefined || owns(name, id) ? [] : [id];
      await accounts.add({ name, roles: wish.roles, ids, tokens: [record], certificates: [] });
    } else {
      if (wish.name === undefined && !isLikePaired(present, wish.roles)) {
        throw new AccountError('exists', `There is an account ${name} already: name it when you pair.`);
      }
      await accounts.update(name, (account) => ({
        ...account,
        ids: id === undefined || owner === name ? account.ids : [...account.ids, id],
        tokens: [...account.tokens, record],
      }));
    }
    pairing.token = token;
    pairing.tokenId = record.id;
    this.#byToken.set(record.id, pairing);
    for (const warning of taken) this.#parts.tell?.(warning, { account: name });
  }

  /** Tokens of earlier pairings, which the client has lost. */
  async #removeOthers({ client, tokenId }: Pairing): Promise<void> {
    const { accounts } = this.#parts;
    const account = client && accounts.get(client.account);
    const isOld = ({ id, label }: TokenRecord): boolean => label === PAIRED_LABEL && id !== tokenId;
    if (!account?.tokens.some(isOld)) return;
    await accounts.update(account.name, (now) => ({ ...now, tokens: now.tokens.filter((token) => !isOld(token)) }));
  }

  #end(pairing: Pairing, state: PairingState): void {
    if (this.#open.get(pairing.code) !== pairing) return;
    pairing.cancelTimer();
    pairing.state = state;
    this.#open.delete(pairing.code);
    if (pairing.tokenId !== undefined) this.#byToken.delete(pairing.tokenId);
    delete pairing.token;
  }

  #freshCode(): string {
    for (;;) {
      const code = String(randomInt(CODES)).padStart(6, '0');
      if (![...this.#byId.values()].some((pairing) => pairing.code === code)) return code;
    }
  }

  #forgetOldest(): void {
    for (const [id, { code }] of this.#byId) {
      if (this.#byId.size <= MAX_ENDED + this.#open.size) return;
      if (!this.#open.has(code)) this.#byId.delete(id);
    }
  }
}

/** What a new account owns, as patterns of ids. */
function ownedBy(name: string, id = name): string[] {
  return owns(name, id) ? [name, `${name}-*`] : [name, `${name}-*`, id];
}

function owns(account: string, id: string): boolean {
  return id === account || id.startsWith(`${account}-`);
}

/** Whether an account was made by pairing, with these roles: then its client may have lost its token. */
function isLikePaired({ password, roles, tokens, certificates }: Account, wanted: readonly string[]): boolean {
  return (
    password === undefined &&
    certificates.length === 0 &&
    tokens.every(({ label }) => label === PAIRED_LABEL) &&
    roles.length === wanted.length &&
    roles.every((role) => wanted.includes(role))
  );
}

function refused(why: string): Refusal {
  return { reason: 'not_allowed', why };
}

function lower(sentence: string): string {
  return `${sentence.charAt(0).toLowerCase()}${sentence.slice(1).replace(/\.$/, '')}`;
}
