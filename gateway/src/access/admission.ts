import type { Clock } from '../common/clock.ts';
import { isLoopback } from '../common/loopback.ts';
import { clientIdFault, isPresenceName } from '../common/names.ts';
import { addressOf } from '../common/peer-address.ts';
import { parseAddress } from '../hub/address.ts';
import type { JoinOptions, SubscribeOutcome } from '../hub/contract.ts';
import type { Hub } from '../hub/hub.ts';
import type { Protocol, Session } from '../hub/session.ts';
import { type Denial, deny } from './denial.ts';
import { type AdmittedSession, Principal, type Proof } from './principal.ts';

/** Who a newcomer says it is, and its credentials. */
export interface Claim {
  /** The client id; undefined if it needs none, as it only asks or reads. */
  id?: string | undefined;
  protocol: Protocol;
  /** The address it comes from, with or without a port, or the serial port. */
  peer: string;
  username?: string | undefined;
  password?: string | undefined;
  /** The password belongs to a user, who must be known. Without it, a password for an unknown user is ignored. */
  namesUser?: boolean;
  /** True when nobody waits for the answer any more: no answer is given then, and no work should be done for it. */
  isGone(): boolean;
}

export interface AdmissionRequest extends Claim {
  /** A fault of the id by a rule of the protocol's own, as part of a sentence. */
  wireFault?: string | undefined;
}

/** The proof that was accepted, or why the claim is refused. */
export type Proven =
  | { proof: Proof; account?: string; reason?: undefined }
  | { reason: 'password' | 'not_allowed' | 'too_many'; why: string };

/** Checks a claim, whose name is an allowed one. It may be asynchronous. */
export type Prove = (claim: Claim) => Proven | Promise<Proven>;

/** The answer to a request: a principal, or the reason why it is refused. */
export type Verdict = { principal: Principal; denial?: undefined } | { principal?: undefined; denial: Denial };

export interface EnterOptions extends JoinOptions {
  /** If a session of this protocol has the id, the refusal is not counted as a contest: the newcomer is its guest. */
  guestOf?: Protocol | undefined;
}

export interface AdmissionParts {
  hub: Hub;
  clock: Clock;
  prove: Prove;
  /** Is called when somebody was refused because of a fault in the gateway. */
  failed(error: unknown, claim: Claim): void;
}

/** How long a proof may take; longer means that too many wait for theirs. */
export const ADMISSION_MS = 10_000;

/**
 * The one place that decides who may join, send, subscribe, read and operate. For all protocols, a newcomer is checked in the same order:
 * is the name allowed; is it reserved for the gateway; is the newcomer who it says it is; and, when it comes online, does another client
 * have the name. The first check that fails gives the answer.
 */
export class Admission {
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #prove: Prove;
  readonly #onFault: AdmissionParts['failed'];

  constructor({ hub, clock, prove, failed }: AdmissionParts) {
    this.#hub = hub;
    this.#clock = clock;
    this.#prove = prove;
    this.#onFault = failed;
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
      proven = this.#prove(request);
    } catch (error) {
      answer(this.#failed(request, error));
      return;
    }
    if (proven instanceof Promise) this.#await(request, proven, answer);
    else answer(verdictOf(request, proven));
  }

  /**
   * Brings a session online as its principal; whether the id is free is checked in the same turn of the event loop. Returns undefined, or
   * the reason why it was refused.
   */
  enter(principal: Principal, session: AdmittedSession, options: EnterOptions = {}): Denial | undefined {
    if (principal.isRevoked) return deny('not_allowed', 'it may not join any more');
    const joined = this.#hub.join(session, options);
    switch (joined.outcome) {
      case 'joined':
        principal.session = session;
        return undefined;
      case 'reserved':
        return reserved();
      default: {
        const { by } = joined;
        const { id, protocol, peer } = principal;
        if (by !== 'channel' && by !== options.guestOf) this.#hub.noteContest({ id, protocol, peer }, 'refused');
        return taken(by);
      }
    }
  }

  /** Refuses an id because `holder` has answered that it is still there, and records the contest. */
  contested({ id, protocol, peer }: Principal, holder: Pick<Session, 'peer'>): Denial {
    this.#hub.noteContest({ id, protocol, peer }, 'refused', holder);
    return taken(protocol);
  }

  /** Why a principal may not send under its name without coming online; undefined if it may. */
  borrow({ id }: Principal): Denial | undefined {
    const holder = this.#hub.session(id);
    return holder === undefined ? undefined : taken(holder.protocol);
  }

  /** Subscribes a session to a channel, as `Hub.subscribe` does. Returns undefined, or why it may not. */
  subscribe(
    principal: Principal,
    session: Session,
    address: string,
    options: { retained?: boolean } = {},
  ): Denial | undefined {
    const name = parseAddress(address)?.name;
    if (name !== undefined && !this.maySubscribe(principal, name)) {
      return deny('not_allowed', 'it may not subscribe to this channel');
    }
    return SUBSCRIBE_DENIALS[this.#hub.subscribe(session, address, options)];
  }

  /** Asked for each message. Presence messages come from the gateway only. */
  maySend(_principal: Principal, channel: string): boolean {
    return !isPresenceName(channel);
  }

  /** `channel`: a name or a topic filter, without a password or functions. */
  maySubscribe(_principal: Principal, _channel: string): boolean {
    return true;
  }

  /** Whether it may read an object without a signed address. */
  mayRead(_principal: Principal, _key: string): boolean {
    return true;
  }

  /** Whether it may see which objects there are, and their signed addresses. */
  mayList(_principal: Principal): boolean {
    return true;
  }

  /** Whether it may use the operator's functions: programs on this machine may. */
  mayOperate({ peer }: Principal): boolean {
    return isLoopback(addressOf(peer));
  }

  #nameFault({ id, wireFault }: AdmissionRequest): Denial | undefined {
    if (id === undefined) return undefined;
    const fault = id === '' ? undefined : (clientIdFault(id) ?? wireFault);
    if (fault !== undefined) return deny('bad_name', fault);
    return this.#hub.isReserved(id) ? reserved() : undefined;
  }

  #await(request: AdmissionRequest, proven: Promise<Proven>, answer: (verdict: Verdict) => void): void {
    let isAnswered = false;
    const settle = (verdict: Verdict): void => {
      if (isAnswered) return;
      isAnswered = true;
      cancel();
      if (!request.isGone()) this.#tell(request, verdict, answer);
    };
    const cancel = this.#clock.after(ADMISSION_MS, () => {
      settle({ denial: deny('busy', 'too many want to join at once; try again later') });
    });
    proven.then(
      (result) => settle(verdictOf(request, result)),
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
    this.#onFault(error, request);
    return { denial: deny('failed', 'the gateway has a fault') };
  }
}

function verdictOf({ id = '', protocol, peer }: Claim, proven: Proven): Verdict {
  if (proven.reason !== undefined) return { denial: deny(proven.reason, proven.why) };
  const { proof, account } = proven;
  return { principal: new Principal({ id, protocol, peer, proof, account }) };
}

function reserved(): Denial {
  return deny('reserved', 'the id belongs to the gateway itself');
}

function taken(by: Protocol | 'channel'): Denial {
  const why =
    by === 'channel'
      ? 'it is the name of a channel that others subscribe to'
      : `a client that came by ${by} has this id`;
  return deny('taken', why, by);
}

const SUBSCRIBE_DENIALS: Record<SubscribeOutcome, Denial | undefined> = {
  subscribed: undefined,
  already: undefined,
  malformed: deny('bad_name', 'no channel can have this name'),
  wrong_password: deny('private', 'the channel has another password'),
  too_many: deny('too_many', 'a client may not subscribe to more channels'),
  not_joined: deny('not_joined', 'it is not online'),
};
