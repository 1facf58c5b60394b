import type { Counter } from '../../../common/metrics.ts';
import type { Egress } from '../../../hub/egress.ts';
import type { Courier, ForwardedSender, RemoteClient } from '../../../hub/elsewhere.ts';
import type { Hub } from '../../../hub/hub.ts';
import { Message, type MessageInit } from '../../../hub/message.ts';
import { type Receipt, refusedReceipt } from '../../../hub/receipt.ts';
import type { Bus } from '../bus.ts';
import { decodeEnvelope, type Envelope, encodeEnvelope } from '../envelope.ts';
import { decodeAnswer, decodeQuestion, encodeAnswer, encodeQuestion, type ForwardedReceipt } from './answers.ts';

export interface DirectParts {
  bus: Bus;
  hub: Hub;
  /** Of the channels that gateways share: what comes from elsewhere is not sent there again. */
  egress: Egress;
  prefix: string;
  gateway: string;
  /** What came from another gateway, as it is here. */
  arrived(envelope: Envelope, gateway: string): MessageInit;
  counts: DirectCounts;
  misread(gateway: string): void;
  /** Sends what was sent to channels before and did not go out yet. */
  before(): void;
}

/** Messages to clients of other gateways, and those that came from there. */
export interface DirectCounts {
  readonly sent: Counter;
  readonly received: Counter;
  /** Of those sent: nobody answered, or the link is down. */
  readonly unanswered: Counter;
}

/** How long a gateway may take to answer. */
export const ANSWER_MS = 3000;
/** A client has two seconds to answer a ping. */
const QUESTION_MS = 4000;
/** How many messages may wait for their receipts. */
const MAX_OPEN = 10_000;
/** As much as the servers and the head of a message need. */
const HEAD_BYTES = 1024;

const UNANSWERED = refusedReceipt('timeout');

/**
 * Messages to one client of another gateway: each is a request to the gateway that has the client, and the answer is the receipt. A client that
 * has moved on meanwhile is followed once.
 */
export class Direct implements Courier {
  readonly #parts: DirectParts;
  readonly #undo: (() => void)[];
  #number = 0;
  #open = 0;

  constructor(parts: DirectParts) {
    this.#parts = parts;
    const { bus, prefix, gateway } = parts;
    this.#undo = [
      bus.serve(`${prefix}.d.${gateway}`, (payload) => this.#take(payload)),
      bus.serve(`${prefix}.p.${gateway}`, (payload) => this.#probe(payload)),
    ];
  }

  stop(): void {
    for (const undo of this.#undo) undo();
  }

  async forward(message: Message, client: RemoteClient, sender: ForwardedSender): Promise<Receipt> {
    const { bus, counts, gateway } = this.#parts;
    if (this.#open >= MAX_OPEN) return refusedReceipt('queue_full');
    const envelope = { message, number: this.#number++, account: sender.account, protocol: sender.protocol, gateway };
    const payload = encodeEnvelope(envelope);
    if (payload.length + HEAD_BYTES > bus.maxPayload) return { delivered: 0, refused: 1, reason: 'too_large' };
    this.#open++;
    counts.sent.value++;
    this.#parts.before();
    const first = await this.#ask(client.gateway.name, payload);
    const receipt = first?.at === undefined ? first : await this.#ask(first.at, payload);
    this.#open--;
    if (receipt === undefined) {
      counts.unanswered.value++;
      return UNANSWERED;
    }
    const { delivered, refused, reason } = receipt;
    return { delivered, refused, reason };
  }

  async asks(id: string, client: RemoteClient): Promise<boolean> {
    const { bus, prefix } = this.#parts;
    const answer = await bus.request(`${prefix}.p.${client.gateway.name}`, encodeQuestion(id), QUESTION_MS);
    // Whoever is out of reach settles it by the rule for ids, once it is back.
    return answer === undefined || decodeAnswer(answer)?.isFree !== false;
  }

  async #ask(gateway: string, payload: Uint8Array): Promise<ForwardedReceipt | undefined> {
    const { bus, prefix } = this.#parts;
    const answer = await bus.request(`${prefix}.d.${gateway}`, payload, ANSWER_MS);
    return answer && decodeAnswer(answer)?.receipt;
  }

  #take(payload: Uint8Array): Uint8Array {
    const { hub, egress, counts, misread } = this.#parts;
    const envelope = decodeEnvelope(payload);
    if (envelope?.gateway === undefined) {
      misread('direct messages');
      return encodeAnswer({ receipt: refusedReceipt('no_recipient') });
    }
    const { message, account, protocol, gateway } = envelope;
    if (hub.session(message.to) === undefined) {
      const at = hub.elsewhere.get(message.to)?.gateway.name;
      return encodeAnswer({ receipt: { ...refusedReceipt('no_recipient'), at } });
    }
    counts.received.value++;
    const received = new Message(this.#parts.arrived(envelope, gateway));
    hub.elsewhere.noteCall(received, gateway, { account, protocol });
    const receipt = hub.send(received, { ingress: egress, account, protocol, gateway });
    return encodeAnswer({ receipt });
  }

  /** Asks a client of this gateway whether it is there, for a newcomer at another. */
  #probe(payload: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const { hub, misread } = this.#parts;
    const id = decodeQuestion(payload);
    if (id === undefined) misread('questions');
    const session = id === undefined ? undefined : hub.session(id);
    if (session?.probe === undefined) return encodeAnswer({ isFree: true });
    return new Promise((resolve) => session.probe?.((isFree) => resolve(encodeAnswer({ isFree }))));
  }
}
