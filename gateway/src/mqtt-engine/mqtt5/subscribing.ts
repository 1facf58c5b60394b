import type { SubscribePacket, SubscriptionRequest, UnsubscribePacket } from '../codec/packets.ts';
import { REASON } from '../codec/reason-codes.ts';
import { suback, unsuback } from '../codec/write.ts';
import type { EngineSession } from '../contract.ts';
import { RetainedFeed } from '../delivery/retained-feed.ts';
import type { Subscription } from '../store/subscription.ts';
import type { CoreClient } from './core-client.ts';

/** Of a SUBACK and an UNSUBACK: all but the codes. */
const MAX_HEADER_BYTES = 8;

/** What one client subscribes to. */
export class Subscribing<S extends EngineSession> {
  readonly #client: CoreClient<S>;
  #feed: RetainedFeed<S> | undefined;

  constructor(client: CoreClient<S>) {
    this.#client = client;
  }

  subscribe({ id, identifier, requests }: SubscribePacket): void {
    const client = this.#client;
    if (!this.#mayAnswer(requests.length)) return;
    const { host } = client.parts;
    const codes: number[] = [];
    const granted: string[] = [];
    const toFeed: Subscription[] = [];
    let why: string | undefined;
    for (const asked of requests) {
      const filter = host.plainFilter(asked.filter, client.session);
      const request = filter === asked.filter ? asked : { ...asked, filter };
      const refusal = host.subscribeRefusal(client.session as S, filter);
      codes.push(refusal?.reason ?? request.qos);
      if (refusal !== undefined) {
        why ??= `${asked.filter}: ${refusal.why}`;
        continue;
      }
      const subscription = this.#add(request, identifier);
      if (subscription !== undefined) toFeed.push(subscription);
      granted.push(asked.filter);
    }
    this.#whenStored(() => {
      client.connection.write(client.explained(why, (text) => suback(id, codes, client.version, text)));
      for (const subscription of toFeed) this.#show(subscription);
      host.subscribed(client.session as S, granted);
    });
  }

  unsubscribe({ id, filters }: UnsubscribePacket): void {
    if (!this.#mayAnswer(filters.length)) return;
    const { parts, id: client, version, connection, session } = this.#client;
    const codes = filters.map((written) => {
      const filter = parts.host.plainFilter(written, session);
      if (parts.index.of(client).get(filter) === undefined) return REASON.noSubscriptionExisted;
      parts.store.subscriptions.delete(client, filter);
      return REASON.success;
    });
    this.#whenStored(() => connection.write(unsuback(id, codes, version)));
  }

  /** Goes on with what is retained. */
  goOn(): void {
    this.#feed?.goOn();
  }

  /** Sends what is retained for a subscription, which is mostly nothing. */
  #show(subscription: Subscription): void {
    const { parts } = this.#client;
    const found = parts.store.retained.match(subscription.filter);
    if (found.length === 0) return;
    this.#feed ??= new RetainedFeed(parts, this.#client);
    this.#feed.add(subscription, found);
  }

  /** False where the client takes no answer about so many filters: it could not know what it has. [MQTT-3.1.2-24] */
  #mayAnswer(count: number): boolean {
    const client = this.#client;
    if (client.takes(MAX_HEADER_BYTES + count)) return true;
    client.fail(
      REASON.packetTooLarge,
      `named ${count} topic filters at once, and takes no answer about so many`,
      'PEER_TOO_LARGE',
    );
    return false;
  }

  /** The subscription, where what is retained is to be sent for it. */
  #add(request: SubscriptionRequest, identifier: number): Subscription | undefined {
    const { id, stored, parts, isBridge } = this.#client;
    const { filter, qos, retainHandling } = request;
    const noLocal = request.noLocal || isBridge;
    const retainAsPublished = request.retainAsPublished || isBridge;
    const isNew = parts.index.of(id).get(filter) === undefined;
    const durable = stored !== undefined;
    parts.store.subscriptions.set({ id, filter, qos, durable, noLocal, retainAsPublished, identifier });
    const isWanted = retainHandling === 0 || (retainHandling === 1 && isNew);
    const subscription = isWanted ? parts.index.of(id).get(filter) : undefined;
    return subscription?.shared === undefined ? subscription : undefined;
  }

  #whenStored(then: () => void): void {
    const client = this.#client;
    const isStaged =
      client.stored !== undefined &&
      client.parts.store.commit((error) => {
        if (error !== undefined) client.broken(error);
        else if (client.isConnected) then();
      });
    if (!isStaged) then();
  }
}
