import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Denial } from '../../access/denial.ts';
import { parseAddress, withoutPassword } from '../../hub/address.ts';
import { defineEncoding } from '../../hub/message.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { eventDataText } from '../../protocols/oocsi/event-data.ts';
import { Outbox, type OutboxLimits, type QueueBudget, type WriteTurn } from '../../transports/outbox.ts';
import { FairPlaces, type Place } from '../fair-places.ts';
import type { Asker } from '../identify.ts';
import { RequestError } from '../request-error.ts';
import { whileAllowed } from '../while-allowed.ts';
import { type HttpClient, type HttpClientHandler, joinHttpClient } from './http-client.ts';

const KEEP_ALIVE_MS = 15_000;
const KEEP_ALIVE = Buffer.from(': still here\n\n');
const GREETING = Buffer.from(': subscribed\n\n');
const HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-store',
  // Proxies such as nginx would hold events back.
  'x-accel-buffering': 'no',
};

/** A message as a server-sent event: its data, as OOCSI sees it, on one line. */
const toServerSentEvent = defineEncoding((message) => Buffer.from(`data: ${eventDataText(message)}\n\n`));

export interface EventStreamOptions {
  context: SessionContext;
  turn: WriteTurn;
  budget: QueueBudget;
  outboxLimits: OutboxLimits;
  maxStreams: number;
}

/** Channels as streams of server-sent events, at most `maxStreams` at a time, and a quarter of them for one account or address. */
export class EventStreams {
  readonly #options: EventStreamOptions;
  readonly #open = new Map<HttpClient, () => void>();
  readonly #places: FairPlaces;

  constructor(options: EventStreamOptions) {
    this.#options = options;
    this.#places = new FairPlaces('event streams', options.maxStreams, options.context.metrics);
  }

  /**
   * Streams `channel` into `response` until either side ends it; `headers` are what it answers beside its own. Rejects with
   * a RequestError, with nothing written, where the subscription is refused.
   */
  async start(
    channel: string,
    asker: Asker,
    response: ServerResponse,
    headers: OutgoingHttpHeaders = {},
  ): Promise<void> {
    const { context, turn, budget, outboxLimits } = this.#options;
    const place = this.#places.take(asker.peer);
    const outbox = new Outbox(response, turn, budget, outboxLimits);
    const client = await this.#join(asker, outbox, place);
    const { access, hub, clock } = context;
    if (response.destroyed) {
      hub.leave(client, 'closed');
      place.free();
      return;
    }
    // What is written leaves at the end of this turn, after the head.
    outbox.write(GREETING);
    const denial = access.subscribe(client.principal, client, channel);
    if (denial) {
      hub.leave(client, 'left');
      place.free();
      throw refusal(denial, channel);
    }
    response.writeHead(200, { ...headers, ...HEADERS });
    const endKeepAlive = clock.every(KEEP_ALIVE_MS, () => outbox.write(KEEP_ALIVE));
    this.#open.set(client, () => outbox.end());
    const name = client.principal.outward(parseAddress(channel)?.name ?? channel);
    const isAllowed = (): boolean => access.maySubscribe(client.principal, name);
    const stopWatching = whileAllowed(context, client.principal, isAllowed, () => response.destroy());
    response.on('error', () => response.destroy());
    response.on('close', () => {
      endKeepAlive();
      stopWatching();
      this.#open.delete(client);
      hub.leave(client, 'closed');
      place.free();
    });
  }

  /** Ends every stream. */
  stop(): void {
    for (const end of [...this.#open.values()]) end();
  }

  /** Brings the client of a stream online. Where it is not let in, its place is free again. */
  async #join(asker: Asker, outbox: Outbox, place: Place): Promise<HttpClient> {
    const { context } = this.#options;
    const { incidents } = context;
    const handler: HttpClientHandler = {
      deliver: (message) => {
        if (outbox.write(toServerSentEvent.of(message))) return 'delivered';
        const fault = 'it reads its event stream too slowly; the newest events are left out';
        incidents.report({ door: 'http', who: asker.peer, code: 'PEER_TOO_SLOW', message: fault });
        return 'queue_full';
      },
      close: () => outbox.end(),
    };
    try {
      return await joinHttpClient(context, asker, handler, place);
    } catch (error) {
      place.free();
      throw error;
    }
  }
}

function refusal({ reason, code, why }: Denial, channel: string): RequestError {
  const name = withoutPassword(channel).slice(0, 100);
  const sentences: Partial<Record<Denial['reason'], string>> = {
    bad_name: `${name || 'An empty name'} is not a channel that can be subscribed to.`,
    private: `Channel ${name} has another password.`,
    not_allowed: `You may not subscribe to ${name}.`,
  };
  return new RequestError(code, sentences[reason] ?? `You cannot subscribe to ${name}: ${why}.`);
}
