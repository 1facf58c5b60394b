import { CODES, GOODBYE_REASONS, VERSION } from '../codes.ts';
import { encodeFrame } from '../encode-frame.ts';
import type { DataFrameInit, FrameInit, Hello, Resume, Welcome } from '../frame.ts';
import { Greeter } from './greeter.ts';
import type { Inbox } from './inbox.ts';
import { Liveness } from './liveness.ts';
import type { Entry } from './outbox.ts';
import type { FrameClientClock, FrameClientLink, FrameClientState, Outcome } from './types.ts';
import type { Uplink } from './uplink.ts';

/** What a Hello says of its client. */
export interface Introduction {
  deviceId: string;
  maxFrame: number;
  window: number;
  capabilities: number;
  user?: string;
  password?: string;
}

export interface SessionOptions {
  introduction: Introduction;
  /** The first boot id; default: random. */
  bootId: number | undefined;
  clock: FrameClientClock;
  /** A random number from 0 to less than 1. */
  random: () => number;
  /** What of the credentials depends on what became of those of before; asked for each Hello. */
  credentials: () => Partial<Pick<Hello, 'password' | 'storesTokens'>>;
}

/** What the session of a client moves: what goes up and what comes down, each numbered. */
export interface SessionParts {
  uplink: Uplink;
  inbox: Inbox;
}

export interface SessionHandler {
  state(state: FrameClientState): void;
  /** The gateway has forgotten the session that there was; told before it is online. */
  restarted(): void;
  /** It is online and all may be sent. `isNew`: in another session than before. */
  welcomed(isNew: boolean): void;
  /** It is over for good. */
  stopped(): void;
}

/**
 * The session of a FrameClient with a gateway, and the link that it goes by now (SPEC.md, sections 3, 5 and 10): says Hello, takes the
 * Welcome, goes on in the session of before where the gateway still has it, and notices that a link is dead.
 */
export class Session {
  readonly #introduction: Introduction;
  readonly #random: () => number;
  readonly #credentials: SessionOptions['credentials'];
  readonly #uplink: Uplink;
  readonly #inbox: Inbox;
  readonly #handler: SessionHandler;
  readonly #greeter: Greeter;
  readonly #liveness: Liveness;
  #state: FrameClientState = 'offline';
  #link: FrameClientLink | undefined;
  #bootId: number;
  #welcome: Welcome | undefined;
  /** The number of the last session, 0 for none. */
  #number = 0;

  constructor(
    { introduction, bootId, clock, random, credentials }: SessionOptions,
    { uplink, inbox }: SessionParts,
    handler: SessionHandler,
  ) {
    this.#introduction = introduction;
    this.#random = random;
    this.#credentials = credentials;
    this.#uplink = uplink;
    this.#inbox = inbox;
    this.#handler = handler;
    this.#bootId = bootId ?? this.#freshBootId();
    this.#greeter = new Greeter(clock, random, () => this.greet());
    this.#liveness = new Liveness(clock, {
      ping: () => void this.send({ type: 'ping' }),
      silent: () => this.lose(),
    });
  }

  get state(): FrameClientState {
    return this.#state;
  }

  get isLinked(): boolean {
    return this.#link !== undefined;
  }

  get bootId(): number {
    return this.#bootId;
  }

  /** The Welcome that it came online by last. */
  get welcome(): Welcome | undefined {
    return this.#welcome;
  }

  /** How long the gateway wants to hear no Hello, in milliseconds. */
  get helloDelayMs(): number {
    return this.#greeter.delayMs;
  }

  linkUp(link: FrameClientLink): void {
    if (this.#state === 'stopped') {
      link.close();
      return;
    }
    const before = this.#unlink();
    if (before !== link) before?.close();
    this.#link = link;
    this.greet();
  }

  linkDown(): void {
    this.#unlink();
    this.#become('offline');
  }

  /** Something came by the link. */
  heard(): void {
    this.#liveness.heard();
  }

  /** Sends a frame that is not kept. False: not online, or no room. Throws FrameError where it is larger than the gateway takes. */
  send(frame: FrameInit): boolean {
    if (this.#state !== 'online') return false;
    return this.write(encodeFrame(frame, { maxBytes: this.#uplink.limits.maxFrame }));
  }

  /** Sends the bytes of one frame by the link; false where there is none, or no room. */
  write(bytes: Uint8Array): boolean {
    if (!this.#link?.send(bytes)) return false;
    this.#liveness.said();
    return true;
  }

  /** Queues a frame; undefined where it cannot be, which `settle` has been told. Throws FrameError. */
  add(frame: DataFrameInit, settle: ((outcome: Outcome) => void) | undefined): Entry | undefined {
    if (this.#state === 'stopped') {
      settle?.({ code: CODES.offline, delivered: 0 });
      return undefined;
    }
    return this.#uplink.add(frame, settle);
  }

  /** Says Hello, as soon as the gateway wants to hear one. */
  greet(): void {
    const isHeld = this.#greeter.delayMs > 0;
    this.#uplink.pause();
    if (isHeld) this.#liveness.stop();
    else this.#liveness.start();
    this.#greeter.plan();
    this.#become('greeting');
    if (isHeld || this.#state !== 'greeting') return;
    const { deviceId, maxFrame, window, capabilities, user = null, password = null } = this.#introduction;
    const resume = this.#resume();
    const bootId = this.#bootId;
    const hello = {
      type: 'hello',
      version: VERSION,
      deviceId,
      bootId,
      maxFrame,
      window,
      capabilities,
      resume,
      user,
      password,
      ...this.#credentials(),
    } as const;
    this.write(encodeFrame(hello));
  }

  /** The gateway wants to hear nothing for a while. */
  hold(): void {
    this.#greeter.hold();
    this.greet();
  }

  /** A Welcome came. */
  welcomed(welcome: Welcome): void {
    const { session, lastSeq, limits, resumed } = welcome;
    if (this.#state === 'online' && session === this.#number) return;
    if (lastSeq > this.#uplink.outbox.highestSent) {
      this.renew();
      return;
    }
    const goesOn = resumed && session === this.#number;
    this.#greeter.welcomed();
    this.#welcome = welcome;
    this.#number = session;
    if (!goesOn) {
      this.#inbox.restart();
      this.#handler.restarted();
    }
    this.#uplink.resume(lastSeq, goesOn, limits);
    this.#become('online');
    this.#handler.welcomed(!goesOn);
  }

  /** A Goodbye came. */
  dismissed(reason: number): void {
    if (reason === GOODBYE_REASONS.taken_over || reason === GOODBYE_REASONS.too_many_faults) {
      this.hold();
      return;
    }
    if (this.#state !== 'online') return;
    this.#uplink.pause();
    this.#greeter.plan();
    this.#become('greeting');
  }

  /** The numbers of this boot id are used up, or not only ours: takes a new one. */
  renew(): void {
    this.#bootId = this.#freshBootId();
    this.#number = 0;
    this.#inbox.restart();
    this.#uplink.outbox.renumber();
    this.greet();
  }

  /** The link says nothing any more, or acknowledges nothing. */
  lose(): void {
    const link = this.#unlink();
    link?.close();
    if (this.#link === undefined) this.#become('offline');
  }

  /** It is over for good. */
  end(): void {
    const link = this.#unlink();
    this.#become('stopped');
    link?.close();
    this.#handler.stopped();
  }

  #resume(): Resume | null {
    const { firstSeq } = this.#uplink.outbox;
    if (this.#number === 0 && firstSeq === 1) return null;
    return { firstSeq, session: this.#number, received: this.#inbox.received };
  }

  #freshBootId(): number {
    return Math.floor(this.#random() * (2 ** 32 - 1)) + 1;
  }

  #unlink(): FrameClientLink | undefined {
    const link = this.#link;
    this.#link = undefined;
    this.#greeter.stop();
    this.#inbox.pause();
    this.#liveness.stop();
    this.#uplink.pause();
    return link;
  }

  #become(state: FrameClientState): void {
    if (this.#state === state || this.#state === 'stopped') return;
    this.#state = state;
    this.#handler.state(state);
  }
}
