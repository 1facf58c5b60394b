import type { SubscribePacket, SubscriptionRequest, UnsubscribePacket } from '../codec/packets.ts';
import { REASON } from '../codec/reason-codes.ts';
import { suback, unsuback } from '../codec/write.ts';
import type { EngineSession } from '../contract.ts';
import { RetainedFeed } from '../delivery/retained-feed.ts';
import type { Subscription } from '../store/subscription.ts';
import type { CoreClient } from './core-client.ts';

/** What one client subscribes to. */
export class Subscribing<S extends EngineSession> {
  readonly #client: CoreClient<S>;
  readonly #feed: RetainedFeed<S>;

  constructor(client: CoreClient<S>) {
    this.#client = client;
    this.#feed = new RetainedFeed(client.parts, client);
  }

  subscribe({ id, identifier, requests }: SubscribePacket): void {
    const client = this.#client;
    const { host } = client.parts;
    const codes: number[] = [];
    const granted: string[] = [];
    const toFeed: Subscription[] = [];
    for (const request of requests) {
      const refusal = host.subscribeRefusal(client.session as S, request.filter);
      codes.push(refusal ?? request.qos);
      if (refusal !== undefined) continue;
      const subscription = this.#add(request, identifier);
      if (subscription !== undefined) toFeed.push(subscription);
      granted.push(request.filter);
    }
    this.#whenStored(() => {
      client.connection.write(suback(id, codes, client.version));
      for (const subscription of toFeed) this.#feed.add(subscription, subscription.filter);
      host.subscribed(client.session as S, granted);
    });
  }

  unsubscribe({ id, filters }: UnsubscribePacket): void {
    const { parts, id: client, version, connection } = this.#client;
    const codes = filters.map((filter) => {
      if (parts.index.of(client).get(filter) === undefined) return REASON.noSubscriptionExisted;
      parts.store.subscriptions.delete(client, filter);
      return REASON.success;
    });
    this.#whenStored(() => connection.write(unsuback(id, codes, version)));
  }

  /** Goes on with what is retained. */
  goOn(): void {
    this.#feed.goOn();
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
