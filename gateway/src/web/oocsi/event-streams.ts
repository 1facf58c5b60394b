import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Denial } from '../../access/denial.ts';
import { parseAddress, withoutPassword } from '../../hub/address.ts';
import { defineEncoding } from '../../hub/message.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { eventDataText } from '../../protocols/oocsi/event-data.ts';
import { Outbox, type OutboxLimits, type QueueBudget, type WriteTurn } from '../../transports/outbox.ts';
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

/** Channels as streams of server-sent events, at most `maxStreams` at a time. */
export class EventStreams {
  readonly #options: EventStreamOptions;
  readonly #open = new Map<HttpClient, () => void>();
  /** Those whose client is not let in yet. */
  #opening = 0;

  constructor(options: EventStreamOptions) {
    this.#options = options;
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
    const outbox = new Outbox(response, turn, budget, outboxLimits);
    const client = await this.#join(asker, outbox);
    const { access, hub, clock } = context;
    if (response.destroyed) {
      hub.leave(client, 'closed');
      return;
    }
    // What is written leaves at the end of this turn, after the head.
    outbox.write(GREETING);
    const denial = access.subscribe(client.principal, client, channel);
    if (denial) {
      hub.leave(client, 'left');
      throw refusal(denial, channel);
    }
    response.writeHead(200, { ...headers, ...HEADERS });
    const endKeepAlive = clock.every(KEEP_ALIVE_MS, () => outbox.write(KEEP_ALIVE));
    this.#open.set(client, () => outbox.end());
    const name = parseAddress(channel)?.name ?? channel;
    const isAllowed = (): boolean => access.maySubscribe(client.principal, name);
    const stopWatching = whileAllowed(context, client.principal, isAllowed, () => response.destroy());
    response.on('error', () => response.destroy());
    response.on('close', () => {
      endKeepAlive();
      stopWatching();
      this.#open.delete(client);
      hub.leave(client, 'closed');
    });
  }

  /** Ends every stream. */
  stop(): void {
    for (const end of [...this.#open.values()]) end();
  }

  /** Brings the client of a stream online, if there is room for one more. */
  async #join(asker: Asker, outbox: Outbox): Promise<HttpClient> {
    const { context, maxStreams } = this.#options;
    const { incidents } = context;
    if (this.#open.size + this.#opening >= maxStreams) {
      throw new RequestError('PEER_TOO_MANY', `${maxStreams} event streams are open, and there cannot be more.`);
    }
    this.#opening++;
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
      return await joinHttpClient(context, asker, handler);
    } finally {
      this.#opening--;
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
