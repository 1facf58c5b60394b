import type { Clock } from '../common/clock.ts';
import { isLoopback } from '../common/loopback.ts';
import { clientIdFault } from '../common/names.ts';
import { addressOf } from '../common/peer-address.ts';
import { parseAddress } from '../hub/address.ts';
import type { JoinOptions } from '../hub/contract.ts';
import type { Sender } from '../hub/guard.ts';
import type { Hub } from '../hub/hub.ts';
import { isPattern } from '../hub/pattern.ts';
import { GATEWAY_PROTOCOL, type Protocol, type Session } from '../hub/session.ts';
import type { AccountBook, AccountChange } from './account-book.ts';
import type { Claim, Prove, Proven } from './claim.ts';
import { type Denial, deny, reserved, SUBSCRIBE_DENIALS, taken } from './denial.ts';
import { type AdmittedSession, Principal } from './principal.ts';
import type { Quotas } from './quotas.ts';
import { noteRefused } from './refused.ts';
import { Reviews } from './reviews.ts';
import type { RoleBook } from './roles.ts';
import { Standing } from './standing.ts';

export interface AdmissionRequest extends Claim {
  /** A fault of the id by a rule of the protocol's own, as part of a sentence. */
  wireFault?: string | undefined;
  /** Who has been admitted on the connection that this one is within: its proof counts for both. */
  carrier?: Principal | undefined;
}

/** The answer to a request: a principal, or the reason why it is refused. */
export type Verdict = { principal: Principal; denial?: undefined } | { principal?: undefined; denial: Denial };

export interface EnterOptions extends JoinOptions {
  /** If a session of this protocol has the id, the refusal is not counted as a contest: the newcomer is its guest. */
  guestOf?: Protocol | undefined;
}

/**
 * What a recipient that has a colon is, by whoever wrote it. A `name` is one as a whole, unless it opens a private channel that is there; an
 * `address` has a password, unless somebody is called so as a whole; a `topic` goes to all who hear it by its whole name, whatever else.
 */
export type Written = 'name' | 'address' | 'topic';

export interface AdmissionParts {
  hub: Hub;
  clock: Clock;
  prove: Prove;
  accounts: AccountBook;
  roles: RoleBook;
  quotas: Quotas;
  /** What a board on a cable may do; by default the role `device`. */
  cableRoles?: readonly string[] | undefined;
  /** Is called when somebody was refused because of a fault in the gateway. */
  failed(error: unknown, claim: Claim): void;
}

/** How long a proof may take; longer means that too many wait for theirs. */
export const ADMISSION_MS = 10_000;

/**
 * The one place that decides who may join, send, subscribe, read and operate. For all protocols, a newcomer is checked in the same order:
 * is the name allowed; is it reserved for the gateway; is the newcomer who it says it is; does another account own the name; and, when it
 * comes online, does another client have the name. The first check that fails gives the answer.
 *
 * After a change of accounts or roles, everybody who is online is looked at again before anything else happens: who may not be here any more
 * goes, and subscriptions that are not allowed any more end.
 */
export class Admission {
  readonly #parts: AdmissionParts;
  readonly #hub: Hub;
  readonly #standing: Standing;
  /** What clients may use, which is asked for what they send; see auth.quotas. */
  readonly quotas: Quotas;
  readonly #reviews: Reviews;

  constructor(parts: AdmissionParts) {
    this.#parts = parts;
    this.#hub = parts.hub;
    this.#standing = new Standing(parts);
    this.quotas = parts.quotas;
    this.#reviews = new Reviews(parts, this.#standing);
    parts.hub.guard({
      maySendNow: (sender, to) => this.maySend(this.#standingFor(sender), to, 'address'),
      mayClear: (sender) => this.mayClear(this.#standingFor(sender)),
      mayHave: (id, account) => {
        const owner = this.ownerOf(id);
        return owner === undefined || owner === account;
      },
    });
    parts.accounts.onChange((change) => {
      parts.quotas.forget((name) => parts.accounts.get(name) === undefined);
      this.review(change);
    });
    parts.roles.onChange(() => this.review());
  }

  /**
   * Finds out who a newcomer is. `answer` is called once: before this returns if the answer is known at once, otherwise within
   * `ADMISSION_MS`; never if the request is gone by then. `answer` then calls `enter`, at once or after its protocol has asked an older
   * connection.
   */
  admit(request: AdmissionRequest, answer: (verdict: Verdict) => void): void {
    const fault = this.#nameFault(request);
    if (fault !== undefined) {
      answer({ denial: fault });
      return;
    }
    let proven: ReturnType<Prove>;
    try {
      proven = request.carrier ?? this.#parts.prove(request);
    } catch (error) {
      answer(this.#failed(request, error));
      return;
    }
    if (proven instanceof Promise) this.#await(request, proven, answer);
    else answer(this.#verdict(request, proven));
  }

  /**
   * Brings a session online as its principal; whether the id is free is checked in the same turn of the event loop. Returns undefined, or
   * the reason why it was refused.
   */
  enter(principal: Principal, session: AdmittedSession, options: EnterOptions = {}): Denial | undefined {
    const gone = this.recheck(principal);
    if (gone !== undefined) return gone;
    const { id, protocol, peer, account } = principal;
    // It would be somebody else's, for all that it has proved.
    if (principal.names !== undefined && session.id !== id)
      return deny('not_allowed', 'accounts with a namespace cannot come by this protocol');
    const tooMany = this.quotas.enter(principal);
    if (tooMany !== undefined) return tooMany;
    const { takeover, refuseChannels, formerId } = options;
    const joined = this.#hub.join(session, { takeover, refuseChannels, formerId, account, hearer: principal });
    switch (joined.outcome) {
      case 'joined':
        principal.session = session;
        this.quotas.entered(principal);
        return undefined;
      case 'reserved':
        return reserved();
      default: {
        const { by } = joined;
        if (by !== 'channel' && by !== options.guestOf) this.#hub.noteContest({ id, protocol, peer }, 'refused');
        return taken(by);
      }
    }
  }

  /**
   * Why somebody who was admitted may not come online any more; undefined if it may, by the rules of now. Its account and its roles may
   * have changed while it waited.
   */
  recheck(principal: Principal): Denial | undefined {
    return principal.isRevoked ? deny('not_allowed', 'it may not join any more') : this.#reviews.renew(principal);
  }

  /** Refuses an id because `holder` has answered that it is still there, and records the contest. */
  contested({ id, protocol, peer }: Principal, holder: Pick<Session, 'peer'>): Denial {
    this.#hub.noteContest({ id, protocol, peer }, 'refused', holder);
    return taken(protocol);
  }

  /**
   * Who left something that is due now, such as a last will of an earlier run, with what its account may do now. An account that is gone
   * may do nothing. `peer`: where it came from, so that what it sends is taken from its quota; without it, nothing is.
   */
  former({
    id = '',
    protocol,
    account,
    peer = '',
  }: {
    id?: string | undefined;
    protocol: Protocol;
    account?: string | undefined;
    peer?: string | undefined;
  }): Principal {
    const proof = account === undefined ? 'none' : 'password';
    const rights = this.#standing.rightsOf({ proof, account, id });
    const namespace = this.#standing.namespaceOf(account);
    const principal = new Principal({ id, protocol, peer, proof, account, rights, namespace });
    if (peer !== '') this.#reviews.measure(principal);
    return principal;
  }

  /** A bridge of the gateway's own, which may do what its account may, or everything where it has none. */
  bridge({ id, account }: { id: string; account: string | undefined }): Principal {
    const proof = account === undefined ? 'operator' : 'key';
    const rights = this.#standing.rightsOf({ proof, account, id });
    const namespace = this.#standing.namespaceOf(account);
    return new Principal({ id, protocol: GATEWAY_PROTOCOL, peer: '', proof, account, rights, namespace });
  }

  /** Whether the account that a principal has, if any, is still there, with the credential, and its time is not over. */
  isProven(principal: Principal): boolean {
    return this.#standing.isProven(principal);
  }

  /** Who signs with an access key, with what its account may do now; undefined where that is gone or over. `watch` it where it is kept. */
  byKey({ account, peer }: { account: string; peer: string }): Principal | undefined {
    const rights = this.#standing.rightsOf({ proof: 'key', account, id: '' });
    const namespace = this.#standing.namespaceOf(account);
    const principal = new Principal({ id: '', protocol: 'http', peer, proof: 'key', account, rights, namespace });
    if (!this.#standing.isProven(principal)) return undefined;
    this.#reviews.measure(principal);
    return principal;
  }

  /** Who sent something before: the client of this account that is online, else what its account may do now. */
  #standingFor({ id, account }: Sender): Principal {
    const principal = this.online(id);
    if (principal !== undefined && principal.account === account) return principal;
    return this.former({ id, protocol: '', account });
  }

  /** Why a principal may not send under its name without coming online; undefined if it may. */
  borrow({ id }: Principal): Denial | undefined {
    const holder = this.#hub.session(id) ?? this.#hub.elsewhere.get(id);
    return holder === undefined ? undefined : taken(holder.protocol);
  }

  /** Ends a subscription, as `Hub.unsubscribe` does. */
  unsubscribe(principal: Principal | undefined, session: Session, address: string): boolean {
    return this.#hub.unsubscribe(session, principal?.outward(address) ?? address);
  }

  /** Subscribes a session to a channel that its client names, as `Hub.subscribe` does. Returns undefined, or why it may not. */
  subscribe(
    principal: Principal,
    session: Session,
    written: string,
    options: { retained?: boolean } = {},
  ): Denial | undefined {
    const address = principal.outward(written);
    const name = parseAddress(address)?.name;
    if (name !== undefined && !this.maySubscribe(principal, name)) {
      return deny('not_allowed', 'it may not subscribe to this channel');
    }
    if (principal.meter !== undefined && !this.#hub.ownClient(principal.id)?.subscriptions.includes(address)) {
      const tooMany = this.quotas.subscribe(principal);
      if (tooMany !== undefined) return tooMany;
    }
    return SUBSCRIBE_DENIALS[this.#hub.subscribe(session, address, options)];
  }

  /** Asked for each message: may it send to this channel or client? Presence messages come from the gateway only. */
  maySend(principal: Principal, to: string, written: Written = 'name'): boolean {
    const { rights } = principal;
    const { hasColon, may } = rights.sending(to);
    const maySend = hasColon ? this.#mayReach(to, written, (name) => rights.maySend(name)) : may;
    if (!maySend)
      noteRefused(this.#hub, principal, { to, reason: 'rule', why: 'no role of its sender lets it send there' });
    return maySend;
  }

  /** `channel`: a name or a topic filter, without a password or functions. What matches a filter is then asked of `mayHear`. */
  maySubscribe({ rights }: Principal, channel: string): boolean {
    return rights.hearsAll || rights.maySubscribe(channel, isPattern(channel));
  }

  /** Whether what is sent to this channel, a name, may reach it. */
  mayHear({ rights }: Principal, channel: string): boolean {
    return rights.hears(channel);
  }

  /** The account that owns a client id; undefined: nobody. */
  ownerOf(id: string): string | undefined {
    return this.#parts.accounts.ownerOf(id);
  }

  isAccount(name: string): boolean {
    return this.#parts.accounts.get(name) !== undefined;
  }

  /** Whether it may know who is called `name`: whether that client is online, or who is in that channel. */
  maySee({ rights }: Principal, name: string): boolean {
    return rights.sees === undefined || rights.sees(name);
  }

  /** Who is online under this id; undefined: nobody, or a client of the gateway's own. */
  online(id: string): Principal | undefined {
    return ((this.#hub.session(id) ?? {}) as Partial<AdmittedSession>).principal;
  }

  /** Whether it may call this service: a channel or a client. */
  mayCall(principal: Principal, service: string, written: Written = 'name'): boolean {
    const mayCall = this.#mayReach(service, written, (name) => principal.rights.may('call', name));
    const why = 'no role of its sender lets it call functions there';
    if (!mayCall) noteRefused(this.#hub, principal, { to: service, reason: 'rule', why });
    return mayCall;
  }

  /** Whether it may store an object under this key; '' asks whether under any. */
  mayUpload({ rights }: Principal, key: string): boolean {
    return rights.may('upload', key);
  }

  /** Whether it may read an object without a signed address. */
  mayRead({ rights }: Principal, key: string): boolean {
    return rights.may('read', key);
  }

  /** Whether it may see which objects there are at all; each is then asked of `mayRead`. */
  mayList({ rights }: Principal): boolean {
    return rights.mayAny('read');
  }

  /** Whether it may remove what others retain. */
  mayClear({ rights }: Principal): boolean {
    return rights.may('clear');
  }

  /** Whether it may make and change boards of controls. */
  mayChangeBoards({ rights }: Principal): boolean {
    return rights.may('controls');
  }

  /** Whether it may see whose account a client of others is. */
  maySeeAccounts({ rights }: Principal): boolean {
    return rights.may('accounts');
  }

  /** Whether it may use the operator's functions. As long as there is no account, programs on this machine may. */
  mayOperate({ peer, proof, rights }: Principal): boolean {
    if (proof === 'operator' || rights.may('operate')) return true;
    return this.#parts.accounts.isEmpty && isLoopback(addressOf(peer));
  }

  /**
   * Calls `end` when a principal's admission is taken back, for what is no client of the hub: a long download, a stream. The returned
   * function ends this; call it.
   */
  watch(principal: Principal, end: () => void): () => void {
    return this.#reviews.watch(principal, end);
  }

  /** Looks at everybody anew: is called when accounts or roles have changed, or an account has expired. */
  review(change?: AccountChange): void {
    this.#reviews.review(change);
  }

  /** Calls `listener` after each change of accounts or roles, until the returned function is called: what it knew by them may be another. */
  onReview(listener: () => void): () => void {
    return this.#reviews.onReview(listener);
  }

  /** Whether it may by the private channel that `to` names with its password, else by all of `to`: a MAC address has colons, too. */
  #mayReach(to: string, written: Written, may: (name: string) => boolean): boolean {
    const isAddress = written === 'address';
    const channel = to.includes(':') ? this.#hub.privateNameOf(to, { passwords: isAddress }) : undefined;
    if (channel === undefined) return may(to);
    return may(channel) && (written !== 'topic' || may(to));
  }

  #verdict(claim: Claim, proven: Proven): Verdict {
    if (proven.reason !== undefined) return { denial: deny(proven.reason, proven.why) };
    const { id: written = '', protocol, peer } = claim;
    const { proof, account, credential } = proven;
    const namespace = this.#standing.namespaceOf(account);
    const id = namespace === undefined ? written : namespace.outward(written);
    const fault = id === written ? undefined : clientIdFault(id);
    if (fault !== undefined) return { denial: deny('bad_name', fault) };
    const rights = this.#standing.rightsOf({ proof, account, id });
    const principal = new Principal({ id, protocol, peer, proof, account, credential, rights, namespace });
    const denial = this.#standing.idDenial(principal);
    if (denial !== undefined) return { denial };
    this.#reviews.measure(principal);
    return { principal };
  }

  #nameFault({ id, protocol, wireFault }: AdmissionRequest): Denial | undefined {
    if (id === undefined) return undefined;
    const fault = id === '' ? undefined : (clientIdFault(id) ?? wireFault);
    if (fault !== undefined) return deny('bad_name', fault);
    return protocol !== GATEWAY_PROTOCOL && this.#hub.isReserved(id) ? reserved() : undefined;
  }

  #await(request: AdmissionRequest, proven: Promise<Proven>, answer: (verdict: Verdict) => void): void {
    let isAnswered = false;
    const settle = (verdict: Verdict): void => {
      if (isAnswered) return;
      isAnswered = true;
      cancel();
      if (!request.isGone()) this.#tell(request, verdict, answer);
    };
    const cancel = this.#parts.clock.after(ADMISSION_MS, () => {
      settle({ denial: deny('busy', 'too many want to join at once; try again later') });
    });
    proven.then(
      (result) => settle(this.#verdict(request, result)),
      (error: unknown) => settle(this.#failed(request, error)),
    );
  }

  /** An exception here has no other handler: it ends this admission, not the gateway. */
  #tell(request: AdmissionRequest, verdict: Verdict, answer: (verdict: Verdict) => void): void {
    try {
      answer(verdict);
    } catch (error) {
      const failed = this.#failed(request, error);
      if (verdict.denial !== undefined || request.isGone()) return;
      try {
        answer(failed);
      } catch {
        // It was told of; the time for its handshake ends the connection.
      }
    }
  }

  #failed(request: AdmissionRequest, error: unknown): Verdict & { denial: Denial } {
    this.#parts.failed(error, request);
    return { denial: deny('failed', 'the gateway has a fault') };
  }
}
