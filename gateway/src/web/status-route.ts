import type { FastifyPluginCallback } from 'fastify';
import type { Objects } from '../objects/objects.ts';
import type { SessionContext } from '../protocols/context.ts';

export interface StatusOptions {
  context: SessionContext;
  version: string;
  /** What listens, by the configuration key of each. */
  doors?: (() => object | undefined) | undefined;
  objects?: Objects | undefined;
}

/** With thousands of clients or channels, a page that asks every two seconds is shown the ones that came last. */
const MAX_LISTED = 500;

/**
 * `GET /status`: `{"version", "nowMs", "uptimeMs", "doors", "clients": {"online", "known", "list": [{"id", "protocol", "sinceMs"}]},
 * "channelCount", "channels": [names], "counters", "incidents": {"door CODE": times},
 * "sharedIds": [{"id", "protocol", "times"}], "uploads": {"receiving", "waiting",
 * "unheard", "failed", "bytes", "fault"}}`. The list is of those that are online; it and the channels are the 500 that came last.
 * `sharedIds` are those that several clients have and take from each other just now. `fault` says why the object store cannot be used.
 */
export function statusRoute({ context, version, doors, objects }: StatusOptions): FastifyPluginCallback {
  const { hub, incidents, clock } = context;
  const startMs = clock.monotonicMs();
  return (app, _options, done) => {
    app.get('/status', (_request, reply) => {
      const { online, known, newest } = hub.summary(MAX_LISTED);
      const list = newest.map(({ id, protocol, joinedMs }) => ({ id, protocol, sinceMs: joinedMs }));
      const channels = hub.channels();
      void reply.header('cache-control', 'no-store').send({
        version,
        nowMs: clock.now(),
        uptimeMs: Math.round(clock.monotonicMs() - startMs),
        doors: doors?.() ?? {},
        clients: { online, known, list },
        channelCount: channels.length,
        channels: channels.slice(-MAX_LISTED),
        counters: hub.counters,
        incidents: incidents.counts(),
        sharedIds: incidents.sharedIds(),
        ...(objects ? { uploads: objects.counts() } : {}),
      });
    });
    done();
  };
}
