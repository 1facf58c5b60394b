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

  /** Sends a dict that is JSON text already. */
  sendText(from: string, to: string, body: string): void {
    this.sent++;
    this.#hub.send(new Message({ from, to, kind: 'dict', body, timestampMs: this.#clock.now() }));
  }

  /** True where anyone subscribes to exactly this channel, on whatever wire. */
  hasListener(channel: string): boolean {
    return this.#hub.eachMember(channel).next().done === false;
  }
}
