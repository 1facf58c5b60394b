import { z } from 'zod';
import type { AdmittedSession } from '../../access/principal.ts';
import type { ClientInfo } from '../../hub/client.ts';
import type { Hub } from '../../hub/hub.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { RequestError } from '../request-error.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { byName, count, flag, lazy, next, type Output, pageOf, paging, timeMs } from './schema.ts';
import type { Viewer } from './viewer.ts';

const clientFields = () => ({
  id: z.string(),
  protocol: z.string().describe('mqtt, oocsi, crosscomm, frames, serial, osc, http'),
  online: z.boolean(),
  gateway: z.string().optional().describe('the other gateway at which it is online; left out where it is this one'),
  account: z
    .string()
    .optional()
    .describe('whose client it is; left out where it is anonymous, or whoever asks may not see the accounts of others'),
  proof: z
    .enum(['none', 'password', 'token', 'certificate', 'key', 'cable', 'operator'])
    .optional()
    .describe('how it has proved that; only while it is online'),
  peer: z.string().optional().describe('the address or port that it comes from; only for whoever may operate'),
  sinceMs: timeMs().describe('when it came last; milliseconds since 1970'),
  lastSeenMs: timeMs().describe('when it was last heard of, to a few seconds; milliseconds since 1970'),
  received: count().describe('messages that it sent since it came'),
  sent: count().describe('messages that were queued for it since it came'),
  waitingBytes: count().optional().describe('what waits for it to read'),
  lost: count()
    .optional()
    .describe('messages that it did not get, as it reads too slowly or they are too large for it'),
  subscriptionCount: count(),
});

/** A client, in a list. */
export const clientView = lazy(() => z.strictObject(clientFields()).meta({ id: 'ClientView' }));
export type ClientView = Output<typeof clientView>;

const clientDetails = lazy(() =>
  z
    .strictObject({
      ...clientFields(),
      subscriptions: z.array(z.string()).describe('channels and topic filters; private channels are left out'),
    })
    .meta({ id: 'ClientDetails' }),
);

const listQuery = lazy(() =>
  z.strictObject({
    search: z.string().optional().describe('a part of the id or of the account, in capitals or not'),
    protocol: z.string().optional(),
    online: flag().optional(),
    ...paging(),
  }),
);
const listAnswer = lazy(() => z.strictObject({ clients: z.array(clientView()), next: next() }));

const deleteQuery = lazy(() =>
  z.strictObject({
    forget: flag().optional().describe('whether nothing is to be kept of it: no subscriptions, and no MQTT session'),
  }),
);

/** Clients, each as whoever asks may know it. */
export function clientRoutes({ hub }: Pick<SessionContext, 'hub'>): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/clients',
        summary: 'Every client that is known, online or not, sorted by id.',
        needs: 'see',
        query: listQuery,
        answers: { 200: listAnswer },
      },
      ({ query: { search = '', protocol, online, ...paged }, viewer }) => {
        const wanted = search.toLowerCase();
        const found = hub
          .clients()
          .filter(
            (client) =>
              (online === undefined || client.online === online) &&
              (protocol === undefined || client.protocol === protocol) &&
              (wanted === '' || isCalled(client, wanted, viewer)) &&
              viewer.sees(client.id),
          )
          .sort((one, other) => byName(one.id, other.id));
        const { page, ...more } = pageOf(found, ({ id }) => id, paged);
        return { clients: page.map((client) => viewOf(hub, client, viewer)), ...more };
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/clients/:id',
        summary: 'One client, with what it subscribes to.',
        needs: 'see',
        params: { id: 'the client id, percent-encoded' },
        answers: { 200: clientDetails },
      },
      ({ params: { id }, viewer }) => {
        const client = knownClient(hub, id, viewer);
        const subscriptions = hub.subscriptionsOf(id).filter((name) => viewer.sees(name));
        return { ...viewOf(hub, client, viewer), subscriptions: subscriptions.sort(byName) };
      },
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/clients/:id',
        summary: 'Disconnects a client, which may come back, and forgets it where that is asked for.',
        needs: 'operate',
        params: { id: 'the client id, percent-encoded' },
        query: deleteQuery,
        answers: { 204: undefined },
        logs: { what: 'client disconnected', subject: 'client' },
      },
      ({ params: { id }, query: { forget = false }, viewer }) => {
        const { gateway } = knownClient(hub, id, viewer);
        if (gateway !== undefined)
          throw new RequestError(
            'PEER_NOT_FOUND',
            `${id.slice(0, 100)} is at gateway ${gateway}: disconnect it there.`,
          );
        const session = hub.session(id);
        session?.close('closed');
        // Whether its connection takes notice or not.
        if (session !== undefined) hub.leave(session, 'closed');
        if (forget) hub.forget(id, { keeps: false });
        return undefined;
      },
    ),
  ];
}

/** A client that is known, and that whoever asks may know of. Throws PEER_NOT_FOUND where there is none. */
export function knownClient(hub: Hub, id: string, viewer: Viewer): ClientInfo {
  const client = hub.client(id);
  const isListed = client !== undefined && !client.isOfGateway && (client.online || !client.transient);
  if (!isListed || !viewer.sees(id)) {
    throw new RequestError('PEER_NOT_FOUND', `There is no client ${id.slice(0, 100)}.`);
  }
  return client;
}

/** A client as whoever looks may know it. */
export function viewOf(hub: Hub, client: ClientInfo, viewer: Viewer): ClientView {
  const { id, protocol, online, gateway, joinedMs, lastSeenMs } = client;
  const session: Partial<AdmittedSession> = hub.session(id) ?? {};
  const { counts, peer, waitingBytes, principal } = session;
  return {
    id,
    protocol,
    online,
    gateway,
    account: viewer.accountOf(client),
    proof: principal?.proof,
    peer: viewer.mayOperate ? peer : undefined,
    sinceMs: joinedMs,
    lastSeenMs,
    received: counts?.received ?? 0,
    sent: counts?.sent ?? 0,
    waitingBytes,
    lost: counts?.lost,
    subscriptionCount: hub.subscriptionsOf(id).length,
  };
}

function isCalled(client: ClientInfo, wanted: string, viewer: Viewer): boolean {
  return [client.id, viewer.accountOf(client)].some((text) => text?.toLowerCase().includes(wanted));
}
