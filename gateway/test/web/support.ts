import { buildHouse, type HouseOptions, type TestHouse } from '@crosscomm/testing/test-hub';
import type { FastifyInstance } from 'fastify';
import { Message } from '../../src/hub/message.ts';
import type { Delivery, Session } from '../../src/hub/session.ts';
import { TraceBook } from '../../src/observability/trace/trace-book.ts';
import { startOocsiServices } from '../../src/protocols/oocsi/services/index.ts';
import { createWebServer, type WebServerOptions } from '../../src/web/server.ts';

export interface WebHouse extends TestHouse {
  app: FastifyInstance;
  services: ReturnType<typeof startOocsiServices>;
}

/** A hub with OOCSI's services and the HTTP side on it; close `app` at the end. */
export async function buildWebHouse(
  options: Partial<WebServerOptions> = {},
  inside: HouseOptions = {},
): Promise<WebHouse> {
  const house = buildHouse(inside);
  const services = startOocsiServices(house);
  const trace = new TraceBook(house);
  house.hub.trace(trace);
  const app = await createWebServer({
    context: house,
    registry: house.metrics,
    serviceTimeoutMs: 1800,
    maxBodyBytes: 4096,
    trace,
    ...options,
  });
  return { ...house, app, services };
}

/** A client that answers each message with what `respond` makes of it, as JSON text of a dict; nothing for undefined. */
export function joinResponder(house: TestHouse, id: string, respond: (data: Record<string, unknown>) => unknown): void {
  const session: Session = {
    id,
    protocol: 'oocsi',
    deliver(message): Delivery {
      const answer = respond(JSON.parse(message.text) as Record<string, unknown>);
      if (answer !== undefined) {
        const body = typeof answer === 'string' ? answer : JSON.stringify(answer);
        house.hub.send(new Message({ from: id, to: message.from, kind: 'dict', body, timestampMs: 0 }));
      }
      return 'delivered';
    },
    close: () => {},
  };
  house.hub.join(session);
}
