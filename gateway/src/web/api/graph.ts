import { z } from 'zod';
import { isMembersQuery, isPresenceName } from '../../common/names.ts';
import type { SessionContext } from '../../protocols/context.ts';
import type { RecentMessages } from './recent-messages.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { byName, count, lazy, type Output, timeMs } from './schema.ts';
import type { Viewer } from './viewer.ts';

/** How many clients are told, and how many subscriptions of one client and of all: more than that nobody can draw. */
const MAX_CLIENTS = 2000;
const MAX_SUBSCRIPTIONS_OF_ONE = 100;
const MAX_SUBSCRIPTIONS = 10_000;

const graphAnswer = lazy(() =>
  z
    .strictObject({
      clients: z
        .array(
          z.strictObject({
            id: z.string(),
            protocol: z.string(),
            account: z.string().optional(),
            hears: z.array(z.string()).describe('channels and topic filters that it subscribes to, at most 100'),
          }),
        )
        .describe('those that are online, sorted by id, at most 2,000, with at most 10,000 subscriptions'),
      sends: z
        .array(
          z.strictObject({
            from: z.string(),
            to: z.string().describe('a channel or a client'),
            isDirect: z.boolean().describe('it went to one client alone'),
            lastMs: timeMs(),
            recipients: count().describe('how many got the last message'),
          }),
        )
        .describe('who sent where lately, of the messages that are remembered'),
      leftOut: z.strictObject({ clients: count(), subscriptions: count() }),
    })
    .meta({ id: 'Graph' }),
);
type Graph = Output<typeof graphAnswer>;

/** Who talks to whom through which channels; how much, the live feed tells. */
export function graphRoutes({ hub }: Pick<SessionContext, 'hub'>, recent: RecentMessages): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/graph',
        summary: 'Who talks to whom through which channels: who listens to what, and who sent where lately.',
        description: 'How much flows is told live, by GET /api/v1/events?show=flows.',
        needs: 'see',
        answers: { 200: graphAnswer },
      },
      ({ viewer }) => {
        const online = hub.onlineIds().filter((id) => viewer.sees(id));
        const leftOut = { clients: Math.max(0, online.length - MAX_CLIENTS), subscriptions: 0 };
        let room = MAX_SUBSCRIPTIONS;
        const clients = online
          .sort(byName)
          .slice(0, MAX_CLIENTS)
          .flatMap((id): Graph['clients'] => {
            const client = hub.client(id);
            if (client === undefined) return [];
            const all = hub.subscriptionsOf(id).filter((name) => isDrawn(name) && viewer.sees(name));
            const hears = all.sort(byName).slice(0, Math.min(MAX_SUBSCRIPTIONS_OF_ONE, room));
            room -= hears.length;
            leftOut.subscriptions += all.length - hears.length;
            return [{ id, protocol: client.protocol, account: viewer.accountOf(client), hears }];
          });
        return { clients, sends: sendsOf(recent, viewer), leftOut };
      },
    ),
  ];
}

/** Whether what is sent there is drawn: who comes and goes, and who is where, is no talk. */
export function isDrawn(name: string): boolean {
  return !isPresenceName(name) && !isMembersQuery(name);
}

function sendsOf(recent: RecentMessages, viewer: Viewer): Graph['sends'] {
  const sends = new Map<string, Graph['sends'][number]>();
  const found = recent.find(
    ({ view: { to }, between }) => isDrawn(to) && viewer.reads(to, between),
    Number.POSITIVE_INFINITY,
  );
  for (const { view, between } of found) {
    const { from, to, timestampMs: lastMs, delivered: recipients } = view;
    // No name has a control character.
    sends.set(`${from}\n${to}`, { from, to, isDirect: between !== undefined, lastMs, recipients });
  }
  return [...sends.values()];
}
