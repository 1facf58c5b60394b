import type { Clock } from '../common/clock.ts';
import { newAccountFault } from './account.ts';
import type { AccountBook } from './account-book.ts';
import type { ChannelNames } from './channel-names.ts';
import { PAIRED_LABEL, type Pairings } from './pairing.ts';
import type { Principal } from './principal.ts';
import { CABLE_ROLE } from './roles.ts';
import { hashToken, makeToken, makeTokenId } from './tokens.ts';

/** A token that a device is to store. */
export interface TokenOffer {
  readonly token: string;
  /** The session that the device has is not of the token's account: it ends when the token is stored, and another one follows. */
  readonly endsSession: boolean;
  /** The device has stored it. */
  stored(): void;
  /** The device could not store it, or never answered. */
  failed(): void;
}

/** What a device says of tokens as it joins. */
export interface TokenWish {
  /** The password that the device itself gave, which is the token where it has that already, though the connection came with the code. */
  password: string | null;
  /** Whether it can keep one over a reset. */
  storesTokens?: boolean;
}

/** How many boards get an account at one port, from one start of the gateway to the next. */
const MAX_AT_A_PORT = 16;

export interface TokenOffersParts {
  accounts: AccountBook;
  clock: Clock;
  pairings: Pairings;
  channels: ChannelNames;
  /** Part of a log line, without the token. */
  tell?(what: string, details: Record<string, unknown>): void;
  /** An account could not be kept. */
  fault?(error: unknown, id: string): void;
}

/**
 * Which token a device is offered that can store one: the one of its pairing code; or, for a board on a cable that has none, one of an
 * account that is made for it. The latter is done only where there are accounts already, as the first one changes who may do what.
 */
export class TokenOffers {
  readonly #parts: TokenOffersParts;
  /** Tokens whose account is being written to disk, by their hash: their devices may come back sooner. */
  readonly #saving = new Map<string, Promise<unknown>>();
  /** How many accounts were made for boards at each port. */
  readonly #made = new Map<string, number>();

  constructor(parts: TokenOffersParts) {
    this.#parts = parts;
  }

  /** The token to offer to a device that has just joined as this principal; undefined if it is to have none. */
  offerTo(
    { id, peer, proof, credential }: Principal,
    { password, storesTokens = false }: TokenWish,
  ): TokenOffer | undefined {
    const { pairings } = this.#parts;
    const paired = pairings.offerFor(credential);
    if (paired !== undefined && paired === password && credential !== undefined) {
      pairings.used(credential);
      return undefined;
    }
    const mustBeTyped = (): void => pairings.notKept(credential);
    if (paired !== undefined && !storesTokens) mustBeTyped();
    if (!storesTokens) return undefined;
    if (paired !== undefined) {
      return { token: paired, endsSession: false, stored: () => pairings.given(credential), failed: mustBeTyped };
    }
    if (proof !== 'cable' || !this.#mayHaveAccount(id) || this.#hasTooMany(peer) || this.#isChannel(id, peer)) {
      return undefined;
    }
    const token = makeToken();
    return { token, endsSession: true, stored: () => this.#keep(id, peer, token), failed: () => {} };
  }

  /** Resolves when a token is known that a device has just stored; undefined: it is known, or never will be. */
  saving(token: string): Promise<unknown> | undefined {
    return this.#saving.size === 0 ? undefined : this.#saving.get(hashToken(token));
  }

  #mayHaveAccount(id: string): boolean {
    const { accounts } = this.#parts;
    return !accounts.isEmpty && newAccountFault(id) === undefined && accounts.ownerOf(id) === undefined;
  }

  /** Nobody has named the board when it was plugged in, and others would not hear that channel any more. */
  #isChannel(id: string, peer: string): boolean {
    const rule = this.#parts.channels.ruleAbout(id);
    if (rule !== undefined) {
      const what = `A board gets no token, as its id ${id} is a channel, too: ${rule}. Give it another id, or name it: crosscomm pair --name ${id}.`;
      this.#parts.tell?.(what, { peer });
    }
    return rule !== undefined;
  }

  /** A board that gives itself one name after the other must not fill the list of accounts. */
  #hasTooMany(peer: string): boolean {
    const made = this.#made.get(peer) ?? 0;
    if (made < MAX_AT_A_PORT) return false;
    if (made === MAX_AT_A_PORT) {
      this.#made.set(peer, made + 1);
      this.#parts.tell?.('A board gets no token, as too many boards were paired at its port since the start.', {
        peer,
      });
    }
    return true;
  }

  /** Whoever has joined without the token has to join again, with it. */
  #keep(id: string, peer: string, token: string): void {
    const { accounts, channels, clock, fault, tell } = this.#parts;
    const taken = channels.warnings([id, `${id}-*`]);
    const sha256 = hashToken(token);
    const record = { id: makeTokenId(), sha256, createdMs: clock.now(), label: PAIRED_LABEL };
    this.#made.set(peer, (this.#made.get(peer) ?? 0) + 1);
    const account = { name: id, roles: [CABLE_ROLE], ids: [], tokens: [record], certificates: [] };
    const saving = accounts.add(account).then(
      () => {
        tell?.('A board is paired by its cable.', { account: id, peer });
        for (const warning of taken) tell?.(warning, { account: id });
      },
      (error: unknown) => fault?.(error, id),
    );
    this.#saving.set(sha256, saving);
    void saving.finally(() => this.#saving.delete(sha256));
  }
}
