import { z } from 'zod';
import { readTime } from '../../hub/history/wish.ts';
import type { Hub } from '../../hub/hub.ts';
import { isPattern } from '../../hub/pattern.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { RequestError } from '../request-error.ts';
import { isListed } from './listed.ts';
import { type MessageView, messageView, shownTo, viewOfMessage } from './message-view.ts';
import { type NumberHistory, SLOT_MS } from './number-history.ts';
import { patternMembers } from './pattern-members.ts';
import type { RecentMessages } from './recent-messages.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { byName, count, lazy, MAX_LIMIT, next, pageOf, paging, timeMs } from './schema.ts';
import type { Viewer } from './viewer.ts';

const channelView = lazy(() =>
  z
    .strictObject({
      name: z.string(),
      subscriberCount: count().describe('clients that subscribe to exactly this name, and are online'),
      retained: z.boolean().describe('whether a message is kept for later subscribers'),
      kept: z.boolean().describe('whether it is the last values of fields that are kept'),
    })
    .meta({ id: 'ChannelView' }),
);

const listQuery = lazy(() =>
  z.strictObject({
    search: z.string().optional().describe('a part of the name, in capitals or not'),
    prefix: z.string().optional().describe('what the name begins with: "kitchen/"'),
    name: z
      .string()
      .optional()
      .describe('this one alone, also where only topic filters match it, or something was said there lately'),
    ...paging(),
  }),
);
const listAnswer = lazy(() => z.strictObject({ channels: z.array(channelView()), next: next() }));

const channelDetails = lazy(() =>
  z
    .strictObject({
      name: z.string(),
      subscribers: z
        .array(z.string())
        .describe('the ids of clients that subscribe to exactly this name, and are online'),
      patterns: z
        .array(z.strictObject({ id: z.string(), filter: z.string() }))
        .describe('clients that are online and get what is said here by a topic filter with wildcards, at most 200'),
      last: messageView()
        .optional()
        .describe('what was said there last, as far as it is remembered and whoever asks may read it'),
      retained: messageView()
        .optional()
        .describe('what is kept for later subscribers; left out where whoever asks may not read it'),
      kept: z.boolean(),
    })
    .meta({ id: 'ChannelDetails' }),
);

const historyQuery = lazy(() =>
  z.strictObject({
    limit: z.coerce.number().int().min(1).max(MAX_LIMIT).optional().describe('how many messages at most'),
    since: z
      .string()
      .refine((text) => readTime(text) !== undefined, 'a number with ms, s, m, h or d, such as "10m"')
      .optional()
      .describe('how long ago they were said at most: "90s", "10m", "1.5h"'),
  }),
);
const history = lazy(() =>
  z
    .strictObject({
      everyMs: count().describe('how far apart the values are'),
      endMs: timeMs().describe('when the last of them was said, to everyMs; milliseconds since 1970'),
      lines: z
        .array(
          z.strictObject({
            field: z.string().describe('of an object; empty where the message is nothing but a number'),
            values: z
              .array(z.number().nullable())
              .describe('oldest first, all lines equally many; null: none was said'),
          }),
        )
        .describe('at most 8'),
      messages: z
        .array(messageView())
        .optional()
        .describe('the newest that are remembered, oldest first and whole; where limit or since asks for them'),
    })
    .meta({ id: 'ChannelHistory' }),
);

export interface ChannelParts extends Pick<SessionContext, 'hub' | 'access' | 'clock'> {
  recent: Pick<RecentMessages, 'find'>;
  numbers: NumberHistory;
}

/** Channels, each as whoever asks may know it. Private ones are shown to nobody. */
export function channelRoutes({ hub, access, clock, recent, numbers }: ChannelParts): ApiRoute[] {
  /** Whether there is anything to tell of a channel: who subscribes, by topic filters too, what is retained, or what was said lately. */
  const isKnown = (name: string): boolean =>
    hub.members(name).length > 0 ||
    patternMembers(hub, name).length > 0 ||
    hub.retained(name) !== undefined ||
    hub.everyChannel().has(name) ||
    recent.find(({ view: { to } }) => to === name, 1).length > 0;
  const isShown = (name: string, viewer: Viewer): boolean => !hub.isPrivate(name) && viewer.sees(name) && isKnown(name);
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/channels',
        summary:
          'The channels that have subscribers or a retained message, or on which something was said lately, sorted by name.',
        description: 'An MQTT topic is a channel. Private channels are left out.',
        needs: 'see',
        query: listQuery,
        answers: { 200: listAnswer },
      },
      ({ query: { search = '', prefix = '', name: only, ...paged }, viewer }) => {
        const wanted = search.toLowerCase();
        const retained = new Set(hub.retainedChannels());
        const all = [...new Set([...channelsFor(hub, viewer), ...saidLately(recent, viewer)])];
        const found = (only === undefined ? all : [only].filter((name) => isShown(name, viewer)))
          .filter((name) => name.startsWith(prefix) && (wanted === '' || name.toLowerCase().includes(wanted)))
          .sort(byName);
        const { page, ...more } = pageOf(found, (name) => name, paged);
        const channels = page.map((name) => ({
          name,
          subscriberCount: hub.members(name).filter((id) => viewer.sees(id)).length,
          retained: retained.has(name),
          kept: hub.keepsValues(name),
        }));
        return { channels, ...more };
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/channels/:name',
        summary: 'One channel: who subscribes to it, what was said there last, and what is kept for later subscribers.',
        needs: 'see',
        params: { name: 'the name, percent-encoded: "kitchen%2Flight"' },
        answers: { 200: channelDetails },
      },
      ({ params: { name }, viewer }) => {
        if (!isShown(name, viewer)) {
          throw new RequestError('PEER_NOT_FOUND', `There is no channel ${name.slice(0, 100)}.`);
        }
        const retained = hub.retained(name);
        return {
          name,
          subscribers: hub
            .members(name)
            .filter((id) => viewer.sees(id))
            .sort(byName),
          patterns: patternMembers(hub, name).filter(({ id, filter }) => viewer.sees(id) && viewer.sees(filter)),
          last: lastOf(recent, name, viewer),
          retained: retained && viewer.hears(name) ? shownTo(viewer, viewOfMessage(retained)) : undefined,
          kept: hub.keepsValues(name),
        };
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/channels/:name/history',
        summary:
          'What was said on a channel lately: its numbers of the last hour, one each ten seconds, and its messages.',
        description:
          'Numbers are for charts: of a message that is a number, or an object with numbers. They are kept in memory for the channels that said any last, 1,000 lines at most, and are made of up to 100 messages a second. Messages are there where limit or since asks for them: all that is remembered of the channel within the section history of the configuration. A channel that is not among its channels is remembered from when somebody first asks.',
        needs: 'see',
        params: { name: 'the name, percent-encoded' },
        query: historyQuery,
        answers: { 200: history },
      },
      ({ params: { name }, query: { limit, since }, viewer }) => {
        const { lines, wasDirect } = numbers.of(name);
        const mayHear = !hub.isPrivate(name) && viewer.hears(name);
        const mayRead = mayHear && (!wasDirect || viewer.mayOperate);
        const numbersOf = { everyMs: SLOT_MS, endMs: clock.now(), lines: mayRead ? lines : [] };
        if (limit === undefined && since === undefined) return numbersOf;
        const wish = { most: limit ?? MAX_LIMIT, withinMs: readTime(since ?? '') ?? Number.POSITIVE_INFINITY };
        const past = mayHear && !isPattern(name) ? hub.history.ask(name, wish) : [];
        const messages = past.map((message) => shownTo(viewer, viewOfMessage(message, Number.POSITIVE_INFINITY)));
        return { ...numbersOf, messages };
      },
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/channels/:name/retained',
        summary: 'Removes what is kept for later subscribers of a channel.',
        description:
          'For whoever may send there, if it is of the own account; of others, for whoever may remove what others retain.',
        needs: 'see',
        params: { name: 'the name, percent-encoded' },
        answers: { 204: undefined },
        logs: { what: 'retained message removed', subject: 'channel' },
      },
      ({ params: { name }, viewer }) => {
        const { principal } = viewer;
        const owner = hub.retainedOwner(name);
        if (owner === undefined || hub.isPrivate(name) || !viewer.sees(name)) {
          throw new RequestError('PEER_NOT_FOUND', `Nothing is retained for ${name.slice(0, 100)}.`);
        }
        const isOwn = owner.account === principal.account || access.mayClear(principal);
        if (!viewer.mayOperate && !(isOwn && access.maySend(principal, name))) {
          throw new RequestError('PEER_NOT_ALLOWED', `You may not remove what is retained for ${name.slice(0, 100)}.`);
        }
        hub.clearRetained(name);
        return undefined;
      },
    ),
  ];
}

/** The channels that whoever looks may know of. */
export function channelsFor(hub: Hub, viewer: Viewer): string[] {
  return [...hub.everyChannel()].filter((name) => isListed(name) && viewer.sees(name));
}

/** The channels of the messages that are remembered, as far as whoever looks may know of them: those who subscribe to all of them by a topic filter are in none. */
function saidLately(recent: Pick<RecentMessages, 'find'>, viewer: Viewer): string[] {
  const names = new Set<string>();
  recent.find(({ view: { to, reason }, between }) => {
    if (between === undefined && reason !== 'bad_name') names.add(to);
    return false;
  }, 1);
  return [...names].filter((name) => isListed(name) && viewer.sees(name));
}

function lastOf(recent: Pick<RecentMessages, 'find'>, name: string, viewer: Viewer): MessageView | undefined {
  const [last] = recent.find(({ view: { to }, between }) => to === name && viewer.reads(to, between), 1);
  if (last === undefined) return undefined;
  const { delivered: _delivered, refused: _refused, reason: _reason, ...view } = last.view;
  return shownTo(viewer, view);
}
