import type { FastifyPluginCallback } from 'fastify';
import type { Objects } from '../objects/objects.ts';
import type { SessionContext } from '../protocols/context.ts';

/** Where a door listens. */
interface DoorAddress {
  host: string;
  port: number;
}

/** The doors a person may want to know of; `http` is where the request came in. */
export interface DoorList {
  oocsi?: DoorAddress;
  mqtt?: DoorAddress;
}

export interface StatusOptions {
  context: SessionContext;
  version: string;
  doors?: (() => DoorList | undefined) | undefined;
  objects?: Objects | undefined;
}

/** With thousands of clients, a page that asks every two seconds is shown the ones that came last. */
const MAX_LISTED = 500;

/**
 * `GET /status`: `{"version", "uptimeMs", "doors", "clients": {"online", "known", "list": [{"id", "protocol", "sinceMs"}]},
 * "channels": [names], "counters", "incidents": {"door CODE": times}, "uploads": {"receiving", "waiting", "unheard", "failed",
 * "bytes", "fault"}}`. The list is of those that are online; `fault` says why the object store cannot be used.
 */
export function statusRoute({ context, version, doors, objects }: StatusOptions): FastifyPluginCallback {
  const { hub, incidents } = context;
  // Not the clock's time, which a first NTP answer moves by years.
  const startMs = performance.now();
  return (app, _options, done) => {
    app.get('/status', (_request, reply) => {
      const clients = hub.clients();
      const online = clients.filter((client) => client.online);
      const list = online.slice(-MAX_LISTED).map(({ id, protocol, joinedMs }) => ({ id, protocol, sinceMs: joinedMs }));
      void reply.header('cache-control', 'no-store').send({
        version,
        uptimeMs: Math.round(performance.now() - startMs),
        doors: doors?.() ?? {},
        clients: { online: online.length, known: clients.length, list },
        channels: hub.channels(),
        counters: hub.counters,
        incidents: incidents.counts(),
        ...(objects ? { uploads: objects.counts() } : {}),
      });
    });
    done();
  };
}
