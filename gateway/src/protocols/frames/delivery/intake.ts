import { type DataFrame, type Hello, type Sequenced, TIMES } from '@crosscomm/protocol';
import type { Clock } from '../../../common/clock.ts';
import type { FrameLink } from '../link.ts';
import type { Numbering } from './numberings.ts';
import { DeliveryUp } from './up.ts';

/** What an intake has of its device. */
export interface IntakeOwner {
  readonly clock: Clock;
  /** The most bytes that may be taken and not yet acknowledged. */
  readonly window: number;
  /** The link that the device is online by. */
  link(): FrameLink | undefined;
  /** Does what a frame asks for. False where it counts as lost: its number is not taken. */
  act(frame: DataFrame, seq: number, link: FrameLink): boolean;
  /** A number was taken, and is to be saved soon. */
  saveSoon(): void;
  /** The same, as its Ack is wanted at once. */
  saveNow(): void;
}

/**
 * Takes a device's sequenced frames, each once and in their order, and acknowledges them as soon as their numbers are saved (SPEC.md,
 * section 5).
 */
export class Intake {
  readonly #owner: IntakeOwner;
  #up: DeliveryUp;
  /** Bytes of frames that were taken: not being saved yet, and saved or being saved without an Ack so far. */
  #takenBytes = 0;
  #savingBytes = 0;
  /** An Ack is to be sent, though it may be the last one again. */
  #ackDue = false;
  #gap = { seq: 0, atMs: Number.NEGATIVE_INFINITY };

  /** `known`: what is remembered of the device. */
  constructor(owner: IntakeOwner, bootId: number, known: Numbering | undefined) {
    this.#owner = owner;
    this.#up = new DeliveryUp(known?.bootId === bootId ? known : { bootId, last: 0 });
  }

  get bootId(): number {
    return this.#up.bootId;
  }

  /** The highest number that was taken, and of which boot id. */
  get numbering(): Numbering {
    return { bootId: this.#up.bootId, last: this.#up.last };
  }

  /**
   * The device comes by another link.
   *
   * @returns the highest number that it may forget
   */
  begin({ bootId, resume }: Hello): number {
    if (bootId !== this.#up.bootId) this.#up = new DeliveryUp({ bootId, last: 0 });
    const { saved } = this.#up;
    this.#up.expectFrom(resume?.firstSeq ?? 1);
    this.#takenBytes = 0;
    this.#savingBytes = 0;
    this.#ackDue = false;
    return saved;
  }

  /** `bytes`: how long the frame was on the wire. */
  take({ seq, frame }: Sequenced, bytes: number, link: FrameLink): void {
    switch (this.#up.classify(seq)) {
      case 'next':
        if (this.#takenBytes + this.#savingBytes + bytes > this.#owner.window) {
          link.report('PEER_TOO_MANY', 'The device sent more than its window and did not wait for the Ack.');
          link.error('window_exceeded', 'wait for Ack', [9, seq]);
          return;
        }
        if (frame !== null && frame.type !== 'unknown' && !this.#owner.act(frame, seq, link)) return;
        this.#up.take();
        this.#takenBytes += bytes;
        if (this.#takenBytes * 2 >= this.#owner.window) this.#owner.saveNow();
        else this.#owner.saveSoon();
        break;
      case 'repeated':
        this.#acknowledge();
        break;
      case 'gap':
        this.#acknowledgeGap();
        break;
      default:
        link.error('sequence_gap', `expected ${this.#up.last + 1}`, [9, seq]);
    }
  }

  /** What is to be saved now. */
  startSaving(): Numbering {
    this.#savingBytes += this.#takenBytes;
    this.#takenBytes = 0;
    return this.numbering;
  }

  saved({ bootId, last }: Numbering): void {
    if (bootId !== this.#up.bootId) return;
    this.#up.save(last);
    if (this.#savingBytes > 0) this.#ackDue = true;
    this.sendAck();
  }

  /** Sends an Ack that is due, where the link has room for it. */
  sendAck(): void {
    if (!this.#ackDue || !this.#owner.link()?.send({ type: 'ack', seq: this.#up.saved })) return;
    this.#ackDue = false;
    this.#savingBytes = 0;
  }

  /** Sends an Ack of all that was taken, as soon as that is saved. */
  #acknowledge(): void {
    this.#ackDue = true;
    if (this.#up.saved < this.#up.last) this.#owner.saveNow();
    else this.sendAck();
  }

  #acknowledgeGap(): void {
    const now = this.#owner.clock.monotonicMs();
    const { seq, atMs } = this.#gap;
    if (seq === this.#up.last && now - atMs < TIMES.repeatedAckMs) return;
    this.#gap = { seq: this.#up.last, atMs: now };
    this.#acknowledge();
  }
}
