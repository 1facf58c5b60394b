import { CODES } from '../codes.ts';
import { decodeFrame } from '../decode-frame.ts';
import { encodeFrame } from '../encode-frame.ts';
import { FrameError } from '../error.ts';
import type { DataFrame, DataFrameInit, FrameInit, GatewayLimits, MessageInit, ReceiptFrame } from '../frame.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import { ClientNames } from './names.ts';
import { ENVELOPE_BYTES, type Entry, Outbox } from './outbox.ts';
import { Repeater } from './repeater.ts';
import type { FrameClientClock, Outcome } from './types.ts';

export interface UplinkHandler {
  isOnline(): boolean;
  /** Sends one frame by the link; false where there is none, or no room. */
  write(bytes: Uint8Array): boolean;
  /** Nothing is acknowledged: the link is lost. */
  unanswered(): void;
  /** The numbers of this boot id are used up. */
  usedUp(): void;
  /** The gateway acknowledges what was never sent. */
  unfitting(): void;
}

/** A sequenced frame is one level, and takes what is inside one deeper. */
const MAX_DEPTH = DEFAULT_LIMITS.maxDepth - 1;
const TOO_LARGE: ReadonlySet<string> = new Set(['too_large', 'too_deep', 'too_many_items']);

/** What goes up at least once, and the names that it uses: kept across links and sessions, and sent again until confirmed. */
export class Uplink {
  readonly names = new ClientNames();
  readonly outbox: Outbox;
  readonly #handler: UplinkHandler;
  readonly #repeater: Repeater;
  #limits: GatewayLimits;

  constructor(clock: FrameClientClock, maxQueueBytes: number, limits: GatewayLimits, handler: UplinkHandler) {
    this.outbox = new Outbox(maxQueueBytes);
    this.#limits = limits;
    this.#handler = handler;
    this.#repeater = new Repeater(clock, {
      isWaiting: () => this.#isWaiting,
      again: () => this.#again(),
      giveUp: () => handler.unanswered(),
    });
  }

  /** What the gateway takes; before the first Welcome, what it may take. */
  get limits(): GatewayLimits {
    return this.#limits;
  }

  get #isWaiting(): boolean {
    return this.outbox.size > 0 || this.names.isWaiting;
  }

  /** Queues a frame; undefined where it cannot be, which `settle` has been told. Throws FrameError. */
  add(frame: DataFrameInit, settle: ((outcome: Outcome) => void) | undefined): Entry | undefined {
    const bytes = this.#encode(this.names.shrink(frame));
    const entry = bytes && this.outbox.add(bytes, settle);
    if (entry) this.pump();
    else settle?.({ code: bytes ? CODES.queue_full : CODES.too_large, delivered: 0 });
    return entry;
  }

  /** Sends a message without a number, now. False: not online, or no room. Throws FrameError. */
  sendBare(message: MessageInit): boolean {
    if (!this.#handler.isOnline() || !this.names.pump((frame) => this.#send(frame))) return false;
    const limits = { maxBytes: this.#limits.maxFrame, maxDepth: MAX_DEPTH };
    return this.#handler.write(encodeFrame(this.names.shrink(message), limits));
  }

  /** Sends what the gateway and the link have room for. */
  pump(): void {
    if (!this.#handler.isOnline()) return;
    const ready = this.names.pump((frame) => this.#send(frame));
    if (ready) this.outbox.pump(this.#limits.window, (unit) => this.#handler.write(unit));
    if (this.#isWaiting) this.#repeater.start();
  }

  /** The link is gone, or not welcome any more. */
  pause(): void {
    this.#repeater.stop();
    this.outbox.rewind();
  }

  /** The gateway has taken everything up to `lastSeq`; `resumed`: it knows the names too. */
  resume(lastSeq: number, resumed: boolean, limits: GatewayLimits): void {
    this.#repeater.stop();
    this.#limits = limits;
    this.outbox.acknowledge(lastSeq);
    this.outbox.rewind();
    this.outbox.limit(limits.maxFrame);
    if (resumed) this.names.again();
    else this.names.restart();
  }

  acknowledged(seq: number): void {
    switch (this.outbox.acknowledge(seq)) {
      case 'progress':
        if (this.outbox.isUsedUp) this.#handler.usedUp();
        else this.progressed();
        break;
      case 'hint':
        this.outbox.rewind();
        this.pump();
        break;
      case 'unfitting':
        this.#handler.unfitting();
        break;
      case 'nothing':
        break;
    }
  }

  receipt({ seq, code, delivered }: ReceiptFrame): void {
    this.outbox.receipt(seq, { code, delivered });
  }

  /** Something was confirmed. */
  progressed(): void {
    this.#repeater.progress();
    this.pump();
    if (!this.#isWaiting) this.#repeater.idle();
  }

  /** Ends a subscription. False: there is none. */
  unsubscribe(channel: string): boolean {
    if (!this.names.isSubscribed(channel)) return false;
    this.#writeInFull();
    this.names.free(channel);
    this.pump();
    return true;
  }

  aliasFailed(alias: number, code: number): void {
    if (code === CODES.unknown_alias) {
      this.names.missAlias(alias);
      this.outbox.rewind();
    } else {
      this.#writeInFull();
      this.names.refuseAlias(alias, code);
    }
    this.pump();
  }

  keyFailed(key: number, code: number): void {
    if (code === CODES.unknown_key) {
      this.names.missKey(key);
      this.outbox.rewind();
    } else {
      this.#writeInFull();
      this.names.refuseKeys(key);
    }
    this.pump();
  }

  /** Whoever waits for something is told that it is over. */
  drop(): void {
    this.outbox.drop();
    this.names.drop(CODES.offline);
  }

  #again(): void {
    this.names.again();
    this.outbox.rewind();
    this.pump();
  }

  #send(frame: FrameInit): boolean {
    return this.#handler.write(encodeFrame(frame));
  }

  /** The frame's bytes; undefined where it is larger or deeper than the gateway takes. */
  #encode(frame: DataFrameInit): Uint8Array | undefined {
    try {
      return encodeFrame(frame, { maxBytes: this.#limits.maxFrame - ENVELOPE_BYTES, maxDepth: MAX_DEPTH });
    } catch (error) {
      if (error instanceof FrameError && TOO_LARGE.has(error.code)) return undefined;
      throw error;
    }
  }

  /** What waits is written without the numbers that stand for names, as some of them are to go. */
  #writeInFull(): void {
    this.outbox.rewrite((bytes) => {
      const { length } = bytes;
      return this.#encode(this.names.expand(decodeFrame(bytes, { maxBytes: length, maxItems: length }) as DataFrame));
    });
  }
}
