import { buildHouse, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import type { HubOptions } from '../../../../src/hub/hub.ts';
import { Message } from '../../../../src/hub/message.ts';
import { startOocsiServices } from '../../../../src/protocols/oocsi/services/index.ts';

export interface ServiceHouse extends TestHouse {
  /** Brings a client online with these subscriptions. */
  join(id: string, ...channels: string[]): MemorySession;
  say(from: string, to: string, data: unknown): void;
  stopServices(): void;
}

/** A hub with OOCSI's services running. */
export function buildServiceHouse(options?: Partial<HubOptions>): ServiceHouse {
  const house = buildHouse(options);
  const services = startOocsiServices(house);
  return {
    ...house,
    join(id, ...channels) {
      const session = new MemorySession(id);
      house.hub.join(session);
      for (const channel of channels) house.hub.subscribe(session, channel);
      return session;
    },
    say(from, to, data) {
      house.hub.send(
        new Message({ from, to, kind: 'dict', body: JSON.stringify(data), timestampMs: house.clock.now() }),
      );
    },
    stopServices: () => services.stop(),
  };
}

/** What a session got since the last call, as values. */
export function take(session: MemorySession): { from: string; to: string; data: unknown }[] {
  return session.received.splice(0).map(({ from, to, text }) => ({ from, to, data: JSON.parse(text) }));
}

/** Only the data of what a session got since the last call. */
export function takeData(session: MemorySession): unknown[] {
  return take(session).map(({ data }) => data);
}
