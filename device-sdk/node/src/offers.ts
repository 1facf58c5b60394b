import { CODES } from '@crosscomm/protocol';
import { type ChannelAddress, isFor, parseChannel } from './channel-name.ts';
import { toPlain, toValue } from './content.ts';
import type { CallRequest } from './conversation.ts';
import type { CallHandler } from './options.ts';

interface Offer {
  address: ChannelAddress;
  name: string;
  handler: CallHandler;
}

/** The functions that a client offers to those who call them. */
export class Offers {
  readonly #clientId: string;
  readonly #offers = new Set<Offer>();

  constructor(clientId: string) {
    this.#clientId = clientId;
  }

  /** The channels at which something is offered, as they were written. */
  get channels(): string[] {
    return [...this.#offers].map(({ address }) => address.text);
  }

  /** Returns what ends the offer; that is false where it has ended already. */
  add(channel: string, name: string, handler: CallHandler): () => boolean {
    const offer = { address: parseChannel(channel), name, handler };
    this.#offers.add(offer);
    return () => this.#offers.delete(offer);
  }

  /** Answers a call that came, once what was offered has. False: it is not for this client. */
  answer(call: CallRequest): boolean {
    const channel = call.channel ?? this.#clientId;
    const offer = [...this.#offers].find(({ address, name }) => name === call.function && isFor(address, channel));
    if (offer === undefined) {
      // In a channel another client may offer it.
      if (call.channel === null) call.fail(CODES.no_function, '');
      return call.channel === null;
    }
    const failed = (error: unknown): void => {
      call.fail(CODES.call_failed, error instanceof Error ? error.message : String(error));
    };
    Promise.resolve()
      .then(() => offer.handler(toPlain(call.args), call.from))
      .then((result) => call.reply(toValue(result ?? null)))
      .catch(failed);
    return true;
  }
}
