import type { Rights } from '../../../access/rights.ts';
import { rightsOf } from '../../../access/rights-of.ts';
import type { Clock } from '../../../common/clock.ts';
import type { Hub } from '../../../hub/hub.ts';
import { Message } from '../../../hub/message.ts';

/** Who the services' messages come from, as on the reference server. */
export const SERVER = 'SERVER';

/** Sends the services' messages and counts them, so that metrics can leave them out. */
export class Announcer {
  readonly #hub: Hub;
  readonly #clock: Clock;
  /** How many were sent. */
  sent = 0;

  constructor(hub: Hub, clock: Clock) {
    this.#hub = hub;
    this.#clock = clock;
  }

  /** Sends `data`, which JSON can hold, to a channel or client as a dict. */
  send(from: string, to: string, data: Record<string, unknown>): void {
    this.sendText(from, to, JSON.stringify(data));
  }

  /**
   * Sends to a channel what names others: `dataFor` is what somebody with these rights gets, undefined: nothing. Without rights, it is all of
   * it, for who may know everything.
   */
  sendAbout(from: string, to: string, dataFor: (rights?: Rights) => Record<string, unknown> | undefined): void {
    const timestampMs = this.#clock.now();
    const write = (data: Record<string, unknown>): Message =>
      new Message({ from, to, kind: 'dict', body: JSON.stringify(data), timestampMs });
    const whole = dataFor();
    if (whole === undefined) return;
    this.sent++;
    const message = write(whole);
    this.#hub.send(message, {
      view(session) {
        const rights = rightsOf(session);
        if (rights === undefined || rights.hearsAll) return message;
        const data = dataFor(rights);
        return data && write(data);
      },
    });
  }

  /** Sends a dict that is JSON text already. */
  sendText(from: string, to: string, body: string): void {
    this.sent++;
    this.#hub.send(new Message({ from, to, kind: 'dict', body, timestampMs: this.#clock.now() }));
  }

  /** True where anyone subscribes to exactly this channel, on whatever wire. */
  hasListener(channel: string): boolean {
    return this.#hub.hasMembers(channel);
  }
}
