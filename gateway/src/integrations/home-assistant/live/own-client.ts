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
  #receive: (message: Message) => void;

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

  /** What this client has said that is still retained, on topics of these filters. */
  ownRetained(filters: readonly string[]): Message[] {
    const found: Message[] = [];
    const receive = this.#receive;
    this.#receive = (message) => found.push(message);
    for (const filter of filters) {
      this.#hub.subscribe(this, filter);
      this.#hub.unsubscribe(this, filter);
    }
    this.#receive = receive;
    return found.filter(({ from }) => from === OWN_ID);
  }

  close(): void {
    this.#hub.leave(this, 'shutdown');
  }
}
