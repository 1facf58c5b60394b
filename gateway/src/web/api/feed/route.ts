import type { OutgoingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { TraceBook } from '../../../observability/trace/trace-book.ts';
import { FairPlaces } from '../../fair-places.ts';
import { RequestError } from '../../request-error.ts';
import { whileAllowed } from '../../while-allowed.ts';
import { type OverviewParts, overview, overviewFor } from '../overview.ts';
import { type ApiRoute, type Ask, apiRoute } from '../route.ts';
import { lazy, type Output, STREAM_HEADERS } from '../schema.ts';
import { channelsEvent, clientsEvent, filterFields, flowsEvent, messagesEvent, traceEvent } from './events.ts';
import type { LiveFeed } from './live-feed.ts';

/** How many streams may be open at once, of all pages together; a quarter of them may be of one account or address. */
export const MAX_FEEDS = 100;

const EVENTS = {
  ...{ overview, clients: clientsEvent, channels: channelsEvent, messages: messagesEvent },
  flows: flowsEvent,
  trace: traceEvent,
};
type EventName = keyof typeof EVENTS;
const NAMES = Object.keys(EVENTS) as EventName[];

const feedQuery = lazy(() =>
  z.strictObject({
    show: z
      .string()
      .transform((text) => text.split(','))
      .pipe(z.array(z.enum(NAMES)).min(1))
      .describe(`what to tell, with commas between: ${NAMES.join(', ')}`),
    ...filterFields(),
  }),
);

export interface FeedParts extends OverviewParts {
  /** Who knows what became of messages; undefined: nobody. */
  trace?: TraceBook | undefined;
}

/** `GET /api/v1/events`: what happens, as server-sent events, for pages that are open. */
export class FeedRoute {
  readonly #parts: FeedParts;
  readonly #ends = new Set<() => void>();
  readonly #places: FairPlaces;
  #feed: Promise<LiveFeed> | undefined;

  constructor(parts: FeedParts) {
    this.#parts = parts;
    this.#places = new FairPlaces('streams of events', MAX_FEEDS, parts.context.metrics);
  }

  readonly route: ApiRoute = apiRoute(
    {
      method: 'GET',
      path: '/api/v1/events',
      summary: 'What happens, as server-sent events, for as long as the connection is open.',
      description:
        'Events are sampled in the gateway, so that a page that is open costs next to nothing however much is said: "leftOut" counts what is ' +
        'not shown. A reader that is behind misses events, and gets an event "missed" once it has caught up: what it must know as a whole, ' +
        'it asks for again. channel, client, kind and text say which messages are meant by "messages", "channels" and "flows"; channel and client, by "trace", which is for ' +
        'whoever may operate.',
      needs: 'see',
      query: feedQuery,
      answers: { 200: undefined },
      events: EVENTS,
    },
    (ask) => this.#open(ask),
  );

  /** Ends all streams. */
  stop(): void {
    for (const end of [...this.#ends]) end();
  }

  async #open({ query, viewer, request, reply }: Ask<never, Output<typeof feedQuery>>): Promise<undefined> {
    const { show, ...filter } = query;
    if (show.includes('trace') && !viewer.mayOperate) {
      throw new RequestError(
        'PEER_NOT_ALLOWED',
        'What becomes of messages is for accounts that may operate the gateway.',
      );
    }
    const place = this.#places.take(viewer.principal.peer);
    let parts: [LiveFeed, typeof import('./page.ts')];
    try {
      place.belongsTo(viewer.principal);
      parts = await Promise.all([this.#started(), import('./page.ts')]);
    } catch (error) {
      place.free();
      throw error;
    }
    const [feed, { FeedPage }] = parts;
    const { raw } = reply;
    reply.hijack();
    if (raw.destroyed) {
      place.free();
      return undefined;
    }
    raw.writeHead(200, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...STREAM_HEADERS });
    const page = new FeedPage(raw);
    const end = (): void => page.end();
    const { context } = this.#parts;
    const undo = [
      feed.add(page, viewer, { show, filter }),
      // What becomes of messages is for operators, for as long as they are.
      whileAllowed(context, viewer.principal, () => !show.includes('trace') || viewer.mayOperate, end),
      // Signing out ends what that browser has open.
      request.asker.signedIn?.onRevoked(end),
      () => this.#ends.delete(end),
      () => place.free(),
    ];
    this.#ends.add(end);
    raw.on('error', end);
    raw.on('close', () => {
      for (const each of undo) each?.();
    });
    if (raw.destroyed) for (const each of undo) each?.();
    return undefined;
  }

  /** What is needed by nobody before the first page is open. */
  #started(): Promise<LiveFeed> {
    this.#feed ??= this.#start();
    return this.#feed;
  }

  async #start(): Promise<LiveFeed> {
    const parts = this.#parts;
    const { hub, clock, metrics, log } = parts.context;
    const { LiveFeed } = await import('./live-feed.ts');
    const { MessageWatch } = await import('./watch.ts');
    const { clientsTopic } = await import('./clients-topic.ts');
    const { channelsTopic } = await import('./channels-topic.ts');
    const { flowsTopic } = await import('./flows-topic.ts');
    const { messagesTopic } = await import('./messages-topic.ts');
    const { traceTopic } = await import('./trace-topic.ts');
    const watch = new MessageWatch({ hub, metrics });
    return new LiveFeed({
      clock,
      topics: {
        overview: {
          everyMs: 1000,
          open: (audience) => ({ next: () => overviewFor(parts, audience.viewer), end: () => {} }),
        },
        clients: clientsTopic({ hub, clock }),
        channels: channelsTopic(watch, clock),
        messages: messagesTopic(watch),
        flows: flowsTopic(watch, clock),
        ...(parts.trace && { trace: traceTopic(parts.trace, hub) }),
      },
      renew: () => watch.renew(),
      failed: (error) =>
        log.error({ code: 'INTERNAL', err: error }, 'The live feed of the API met a fault of the gateway.'),
    });
  }
}
