import type { Hub } from '../../../hub/hub.ts';
import type { Message } from '../../../hub/message.ts';
import { type Delivery, GATEWAY_PROTOCOL, type Session } from '../../../hub/session.ts';

/** Who devices hear when Home Assistant asks something of them. */
export const OWN_ID = 'home-assistant';

/** The gateway's own client that listens to devices and to Home Assistant. */
export class OwnClient implements Session {
  readonly id = OWN_ID;
  readonly protocol = GATEWAY_PROTOCOL;
  readonly #hub: Hub;
  readonly #receive: (message: Message) => void;

  constructor(hub: Hub, receive: (message: Message) => void) {
    this.#hub = hub;
    this.#receive = receive;
  }

  /** Comes online. */
  join(): void {
    this.#hub.reserve(this.id);
    this.#hub.join(this);
  }

  deliver(message: Message): Delivery {
    this.#receive(message);
    return 'delivered';
  }

  close(): void {
    this.#hub.leave(this, 'shutdown');
  }
}
