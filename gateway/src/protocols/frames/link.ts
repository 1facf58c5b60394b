import {
  CODES,
  type CodeName,
  decodeFrame,
  encodeFrame,
  type Frame,
  FrameError,
  type FrameInit,
  GOODBYE_REASONS,
  type Hello,
  MAX_ERROR_BYTES,
  MIN_MAX_FRAME,
  TIMES,
} from '@crosscomm/protocol';
import type { TokenOffer } from '../../access/token-offers.ts';
import type { ErrorCode } from '../../common/errors.ts';
import { Silence } from '../../common/silence.ts';
import type { SessionContext } from '../context.ts';
import { HeldInput } from '../held-input.ts';
import { Pace } from './delivery/pace.ts';
import { aboutBytes, fitText } from './error-codec.ts';
import type { FrameOptions } from './options.ts';
import { TokenOffering } from './token-offer.ts';
import type { FrameWire } from './wire.ts';

/** What a link does with the frames of its device; the session of the device, once there is one. */
export interface LinkOwner {
  readonly id: string;
  /** The longest frame that the device takes. */
  readonly maxFrame: number;
  receive(frame: Frame, bytes: Uint8Array): void;
  /** The link is gone, or taken as lost; it hears and says nothing any more. */
  linkLost(link: FrameLink): void;
}

/** Who gives a link its owner. */
export interface Reception {
  hello(link: FrameLink, hello: Hello): void;
  /** The link is gone before it had an owner. */
  forget(link: FrameLink): void;
}

export type GoodbyeReason = keyof typeof GOODBYE_REASONS;

/** So many faults in so long a time are too many, on a link without noise (SPEC.md, section 14). */
const MAX_FAULTS = 20;
const FAULTS_MS = 10_000;
const MAX_DEPTH = 16;
/** A Hello that is longer is not compared with the one before. */
const MAX_KEPT_HELLO = 1024;

/** One connection that carries frames: it reads and writes them, hears silence, and counts faults. */
export class FrameLink {
  readonly wire: FrameWire;
  readonly #context: SessionContext;
  readonly #options: FrameOptions;
  readonly #reception: Reception;
  readonly #faults = new Pace(MAX_FAULTS, FAULTS_MS);
  readonly #errors = new Map<CodeName, Pace>();
  #owner: LinkOwner | undefined;
  #state: 'open' | 'ended' = 'open';
  readonly #silence: Silence;
  #said = false;
  /** How long nothing was said to the device. */
  #quietMs = 0;
  /** The Hello that was the last thing to come, and its answer. */
  #lastHello: { bytes: Uint8Array; welcome: Uint8Array | undefined } | undefined;
  /** Called once at the next thing that comes. */
  #onSign: (() => void) | undefined;
  /** It is not known yet who said Hello; what comes behind it is kept. */
  #isWaiting = false;
  /** The token that its device is offered. */
  #offering: TokenOffering | undefined;
  readonly #held = new HeldInput<Uint8Array>();

  constructor(wire: FrameWire, context: SessionContext, options: FrameOptions, reception: Reception) {
    this.wire = wire;
    this.#context = context;
    this.#options = options;
    this.#reception = reception;
    this.#silence = new Silence(context.clock.monotonicMs());
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  /** Whether a device has said Hello here, and was welcome. */
  get isOwned(): boolean {
    return this.#owner !== undefined;
  }

  /** One frame's bytes, whole; they are not kept. */
  receive(bytes: Uint8Array): void {
    if (this.#state === 'ended') return;
    if (this.#isWaiting) {
      this.#hold(bytes);
      return;
    }
    let frame: Frame;
    try {
      frame = decodeFrame(bytes, { maxBytes: this.#options.limits.maxFrame, maxDepth: MAX_DEPTH });
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.#refuse(error, bytes);
      return;
    }
    // Whatever else it says before its Hello does not buy it time.
    if (this.#owner !== undefined || frame.type === 'hello') this.#silence.heard();
    const onSign = this.#onSign;
    this.#onSign = undefined;
    onSign?.();
    if (frame.type === 'hello') this.#hello(frame, bytes);
    else {
      this.#lastHello = undefined;
      if (frame.type === 'token') this.#offering?.answered(frame);
      else if (this.#owner) this.#owner.receive(frame, bytes);
      else if (frame.type !== 'goodbye') this.error('not_welcome_yet', 'say Hello first', []);
    }
  }

  /** A frame was longer than the transport takes, and was thrown away. */
  receiveTooLong(limitBytes: number): void {
    this.#refuse(new FrameError('too_large', `a frame is longer than ${limitBytes} bytes`), new Uint8Array());
  }

  /** Bytes were damaged on the way. */
  noise(what: string): void {
    this.report('PEER_MALFORMED', `A frame was lost in noise on the line (${what}).`);
    if (this.#owner) this.error('malformed', what, []);
  }

  /** Called every second. */
  tick(nowMs: number): void {
    if (this.#state === 'ended') return;
    if (this.#owner !== undefined && this.#silence.wasHeard) this.#context.hub.touch(this.#owner.id);
    const elapsedMs = this.#silence.tick(nowMs);
    const { silentMs } = this.#silence;
    this.#quietMs = this.#said ? 0 : this.#quietMs + elapsedMs;
    this.#said = false;
    if (this.#owner === undefined) {
      const { handshakeTimeoutMs } = this.#options;
      if (this.wire.noisy || this.#isWaiting || silentMs < handshakeTimeoutMs) return;
      this.report('PEER_TIMEOUT', `The link was ended because no Hello came within ${handshakeTimeoutMs} ms.`);
      this.goodbye('silent');
    } else if (silentMs >= TIMES.silentMs) {
      this.report('PEER_TIMEOUT', `Nothing was heard of the device for ${Math.round(silentMs)} ms.`);
      this.goodbye('silent');
    } else if (this.#quietMs >= TIMES.pingMs) this.send({ type: 'ping' });
  }

  /** The connection is gone. */
  disconnected(): void {
    this.#end();
  }

  /** It is looked who said Hello: what comes is kept, until `hear`. */
  wait(): void {
    this.#isWaiting = true;
  }

  /** Hears what came meanwhile, and what comes from now on. */
  hear(): void {
    this.#isWaiting = false;
    for (const bytes of this.#held.take()) this.receive(bytes);
  }

  /** The link has a device from now on; undefined: it has to say Hello again. */
  own(owner: LinkOwner | undefined): void {
    this.#owner = owner;
  }

  /** Offers its device a token, in place of any before; `n` is the number of the offer. */
  offer(offer: TokenOffer | undefined, n: number): void {
    this.#offering?.end();
    this.#offering = offer && new TokenOffering(offer, n, this.#context.clock, this);
  }

  /** Gives up another device that it had: the same connection speaks for `next` now. */
  release(next: LinkOwner): void {
    if (this.#owner !== next) this.giveUp();
  }

  /** Gives up its device, as if it were lost; the device says Hello again. */
  giveUp(): void {
    const owner = this.#owner;
    this.#owner = undefined;
    owner?.linkLost(this);
  }

  /** Answers the Hello that came last, now and where it is repeated. */
  welcome(frame: FrameInit): void {
    const bytes = encodeFrame(frame);
    if (this.#lastHello) this.#lastHello.welcome = bytes;
    this.write(bytes);
  }

  /** Calls `run` at the next frame that comes. */
  onSign(run: (() => void) | undefined): void {
    this.#onSign = run;
  }

  send(frame: FrameInit): boolean {
    return this.write(encodeFrame(frame));
  }

  write(bytes: Uint8Array): boolean {
    if (this.#state === 'ended' || !this.wire.write(bytes)) return false;
    this.#said = true;
    return true;
  }

  /** Says what was wrong, each code at most once a second where a device may go on making the same fault. */
  error(code: CodeName, text: string, about: (number | string)[]): void {
    if (SELDOM.has(code) || this.wire.noisy) {
      let pace = this.#errors.get(code);
      if (pace === undefined) {
        pace = new Pace(1, TIMES.errorIntervalMs);
        this.#errors.set(code, pace);
      }
      if (!pace.allows(this.#context.clock.monotonicMs())) return;
    }
    const room = Math.min(MAX_ERROR_BYTES, this.#owner?.maxFrame ?? MIN_MAX_FRAME);
    this.send({ type: 'error', code: CODES[code], text: fitText(code, text, about, room), about });
  }

  /** Says goodbye and ends the link. */
  goodbye(reason: GoodbyeReason): void {
    this.send({ type: 'goodbye', reason: GOODBYE_REASONS[reason] });
    this.end();
  }

  /** Ends the link; its owner is told that it is lost. */
  end(): void {
    if (this.#state === 'ended') return;
    this.#end();
    this.wire.end();
  }

  report(code: ErrorCode, message: string): void {
    const who = this.#owner?.id ?? this.wire.peer;
    this.#context.incidents.report({ door: 'frames', who, code, message });
  }

  #end(): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#offering?.end();
    const owner = this.#owner;
    this.#owner = undefined;
    this.#onSign = undefined;
    this.#held.take();
    if (owner) owner.linkLost(this);
    else this.#reception.forget(this);
  }

  #hold(bytes: Uint8Array): void {
    this.#silence.heard();
    if (this.#held.hold(new Uint8Array(bytes))) return;
    this.report('PEER_TOO_MANY', 'A frame came before the Hello was answered; there was no room for it.');
    this.error('too_fast', 'wait for Welcome', []);
  }

  #hello(hello: Hello, bytes: Uint8Array): void {
    const last = this.#lastHello;
    if (last?.welcome && isEqual(last.bytes, bytes)) {
      this.write(last.welcome);
      return;
    }
    this.#lastHello = bytes.length > MAX_KEPT_HELLO ? undefined : { bytes: new Uint8Array(bytes), welcome: undefined };
    this.#reception.hello(this, hello);
  }

  #refuse(error: FrameError, bytes: Uint8Array): void {
    const tooLarge = error.code === 'too_large' || error.code === 'too_deep' || error.code === 'too_many_items';
    const isBadId = error.field === 'deviceId';
    this.#lastHello = undefined;
    const incident = tooLarge ? 'PEER_TOO_LARGE' : isBadId ? 'PEER_BAD_NAME' : 'PEER_MALFORMED';
    this.report(incident, `A frame was refused: ${error.message}.`);
    if (!this.wire.noisy && !this.#faults.allows(this.#context.clock.monotonicMs())) {
      this.goodbye('too_many_faults');
      return;
    }
    const code = tooLarge ? 'too_large' : isBadId ? 'id_invalid' : 'malformed';
    this.error(code, error.code, aboutBytes(bytes));
  }
}

/** Errors that are told once a second at most. */
const SELDOM: ReadonlySet<CodeName> = new Set<CodeName>([
  'not_welcome_yet',
  'too_fast',
  'sequence_gap',
  'window_exceeded',
]);

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
