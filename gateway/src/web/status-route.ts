import type { FastifyPluginCallback } from 'fastify';
import type { AdmittedSession } from '../access/principal.ts';
import type { Proof } from '../common/signed-in.ts';
import type { HubCounters } from '../hub/contract.ts';
import type { Session } from '../hub/session.ts';
import type { Objects, UploadCounts } from '../objects/objects.ts';
import type { SharedId } from '../observability/contested-ids.ts';
import type { SessionContext } from '../protocols/context.ts';
import { identify } from './identify.ts';

export interface StatusOptions {
  context: SessionContext;
  version: string;
  /** What listens, by the configuration key of each. */
  doors?: (() => object | undefined) | undefined;
  objects?: Objects | undefined;
}

/** With thousands of clients or channels, a page that asks every two seconds is shown the ones that came last. */
const MAX_LISTED = 500;

/** What `GET /status` answers. */
export interface Status {
  version: string;
  /** Milliseconds since 1970. */
  nowMs: number;
  uptimeMs: number;
  /** What listens, by the configuration key of each. */
  doors: object;
  clients: {
    online: number;
    known: number;
    /** Those that are online: the 500 that came last. `account`: whose client it is; `proof`: how it has proved that. */
    list: { id: string; protocol: string; sinceMs: number; account?: string; proof: Proof }[];
  };
  channelCount: number;
  /** The 500 that came last. */
  channels: string[];
  counters: HubCounters;
  /** How often each code was met, by listener and code: `{"oocsi PEER_MALFORMED": 3}`. */
  incidents: Record<string, number>;
  /** The ids that several clients have and take from each other just now. */
  sharedIds: SharedId[];
  /** Files on their way to the object store; `fault` says why that cannot be used. */
  uploads?: UploadCounts;
}

/** `GET /status`: a `Status`, with the names that whoever asks may know. */
export function statusRoute({ context, version, doors, objects }: StatusOptions): FastifyPluginCallback {
  const { access, hub, incidents, clock } = context;
  const startMs = clock.monotonicMs();
  return (app, _options, done) => {
    app.get('/status', async (request, reply) => {
      const principal = await identify(context, request.asker);
      const isSeen = (name: string): boolean => access.maySee(principal, name);
      const { online, known, newest } = hub.summary(MAX_LISTED);
      const list = newest
        .filter(({ id }) => isSeen(id))
        .map(({ id, protocol, joinedMs }) => ({ id, protocol, sinceMs: joinedMs, ...provenBy(hub.session(id)) }));
      const channels = hub.channels().filter(isSeen);
      const status: Status = {
        version,
        nowMs: clock.now(),
        uptimeMs: Math.round(clock.monotonicMs() - startMs),
        doors: doors?.() ?? {},
        clients: { online, known, list },
        channelCount: channels.length,
        channels: channels.slice(-MAX_LISTED),
        counters: hub.counters,
        incidents: incidents.counts(),
        sharedIds: incidents.sharedIds().filter(({ id }) => isSeen(id)),
        ...(objects ? { uploads: objects.counts() } : {}),
      };
      return reply.header('cache-control', 'no-store').send(status);
    });
    done();
  };
}

/** How the client of a session has proved whose it is. */
function provenBy(session: Session | undefined): { account?: string; proof: Proof } {
  const { account, proof = 'none' } = (session as Partial<AdmittedSession> | undefined)?.principal ?? {};
  return { ...(account === undefined ? {} : { account }), proof };
}
