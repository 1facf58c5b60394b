import type { FrameInit, Keep } from '../frame.ts';
import type { Value } from '../value.ts';
import { Repeater } from './repeater.ts';
import type { FrameClientClock, KeptValue } from './types.ts';

interface Request {
  channel: string;
  key: string;
  isAnswered: boolean;
}

export interface KeepHost {
  clock: FrameClientClock;
  /** Sends a frame without a number; false where there is no link, or no room. */
  send(frame: FrameInit): boolean;
  answered(value: KeptValue): void;
}

/**
 * Fields whose last value the gateway is asked to keep (SPEC.md, section 18): in each session anew, and again until it answers. A gateway
 * of before that does not, and after some tries it is left alone.
 */
export class KeepRequests {
  readonly #host: KeepHost;
  readonly #requests = new Map<string, Request>();
  readonly #repeater: Repeater;

  constructor(host: KeepHost) {
    this.#host = host;
    this.#repeater = new Repeater(host.clock, {
      isWaiting: () => this.#isWaiting,
      again: () => this.#send(),
      giveUp: () => {},
    });
  }

  get #isWaiting(): boolean {
    return [...this.#requests.values()].some(({ isAnswered }) => !isAnswered);
  }

  /** Asks, also where it was asked before. */
  add(channel: string, key: string): void {
    const request = { channel, key, isAnswered: false };
    this.#requests.set(nameOf(channel, key), request);
    this.#repeater.progress();
    this.#sendOne(request);
  }

  /** There is a link. In a new session all is asked again. */
  online(isNewSession: boolean): void {
    if (isNewSession) for (const request of this.#requests.values()) request.isAnswered = false;
    this.#repeater.progress();
    this.#send();
  }

  offline(): void {
    this.#repeater.stop();
  }

  /** `restore`: the values with texts for their keys. */
  answer({ channel, value }: Keep, restore: (value: Value) => Value): void {
    const values = restore(value as Value);
    if (!(values instanceof Map)) return;
    for (const [name, kept] of values) {
      const key = String(name);
      const request = this.#requests.get(nameOf(channel, key));
      if (request === undefined) continue;
      request.isAnswered = true;
      this.#host.answered({ channel, key, value: kept ?? undefined });
    }
    this.#repeater.progress();
    if (!this.#isWaiting) this.#repeater.idle();
  }

  #send(): void {
    for (const request of this.#requests.values()) if (!request.isAnswered) this.#sendOne(request);
  }

  #sendOne({ channel, key }: Request): void {
    if (this.#host.send({ type: 'keep', channel, value: [key] })) this.#repeater.start();
  }
}

function nameOf(channel: string, key: string): string {
  return `${channel}\0${key}`;
}
