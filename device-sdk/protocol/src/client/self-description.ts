import { CODES } from '../codes.ts';
import type { FrameInit } from '../frame.ts';
import type { Encodable } from '../value.ts';
import { Repeater } from './repeater.ts';
import type { DescribeOutcome, FrameClientClock } from './types.ts';

export interface SelfDescriptionHost {
  clock: FrameClientClock;
  /** Sends a frame without a number; false where there is no link, or no room. */
  send(frame: FrameInit): boolean;
}

/**
 * What a client says of itself (SPEC.md, section 21): in each session anew, and again until the gateway answers. A gateway of before that does
 * not, and after some tries it is left alone.
 */
export class SelfDescription {
  readonly #host: SelfDescriptionHost;
  readonly #repeater: Repeater;
  #value: Encodable | undefined;
  #isAnswered = true;
  #settle: ((outcome: DescribeOutcome) => void) | undefined;

  constructor(host: SelfDescriptionHost) {
    this.#host = host;
    this.#repeater = new Repeater(host.clock, {
      isWaiting: () => !this.#isAnswered,
      again: () => this.#send(),
      giveUp: () => this.answered({ code: CODES.not_supported, text: '' }),
    });
  }

  /** Says this in place of what was said before, which is over. */
  set(value: Encodable, settle: ((outcome: DescribeOutcome) => void) | undefined): void {
    this.answered({ code: CODES.cancelled, text: '' });
    this.#value = value;
    this.#settle = settle;
    this.#isAnswered = false;
    this.#repeater.progress();
    this.#send();
  }

  /** There is a link. In a new session it is said again. */
  online(isNewSession: boolean): void {
    if (isNewSession) this.#isAnswered = this.#value === undefined;
    this.#repeater.progress();
    this.#send();
  }

  offline(): void {
    this.#repeater.stop();
  }

  /** What the gateway says of it. */
  answered(outcome: DescribeOutcome): void {
    const settle = this.#settle;
    this.#settle = undefined;
    this.#isAnswered = true;
    this.#repeater.idle();
    settle?.(outcome);
  }

  #send(): void {
    if (this.#isAnswered || this.#value === undefined) return;
    if (this.#host.send({ type: 'describe', value: this.#value })) this.#repeater.start();
  }
}
