import type { Clock } from '../../../common/clock.ts';
import type { Hub } from '../../../hub/hub.ts';
import { Message } from '../../../hub/message.ts';
import type { Receipt } from '../../../hub/receipt.ts';
import { OWN_ID } from './own-client.ts';

/** Says things on topics, as the gateway's own client. */
export class Speaker {
  readonly #hub: Hub;
  readonly #clock: Clock;
  readonly #full: (topic: string) => void;

  /** `full` is told that there was no room to retain something, so that nobody got it. */
  constructor(hub: Hub, clock: Clock, full: (topic: string) => void) {
    this.#hub = hub;
    this.#clock = clock;
    this.#full = full;
  }

  /** Has a text stay for whoever subscribes later. */
  retain(topic: string, text: string): void {
    this.#say(topic, text, true);
  }

  /** Says something to those who listen now. */
  say(topic: string, body: string | Uint8Array): Receipt {
    return this.#say(topic, body, false);
  }

  /** Ends what was retained, and says so to those who listen. */
  clear(topic: string): void {
    this.#say(topic, '', false);
    this.#hub.clearRetained(topic);
  }

  /** Sends fields to the channel of a device. */
  ask(channel: string, fields: Readonly<Record<string, unknown>>): Receipt {
    return this.#hub.send(
      new Message({
        ...{ from: OWN_ID, to: channel, kind: 'dict', body: JSON.stringify(fields) },
        timestampMs: this.#clock.now(),
      }),
    );
  }

  #say(topic: string, body: string | Uint8Array, isRetained: boolean): Receipt {
    const kind = typeof body !== 'string' ? 'bytes' : body.startsWith('{') ? 'dict' : 'text';
    const message = new Message({ from: OWN_ID, to: topic, kind, body, timestampMs: this.#clock.now() });
    const receipt = this.#hub.send(message, isRetained ? { retainMs: Number.POSITIVE_INFINITY } : {});
    if (receipt.reason === 'store_full') this.#full(topic);
    return receipt;
  }
}
