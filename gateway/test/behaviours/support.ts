import { buildHouse, MemorySession, type TestHouse } from '@crosscomm/testing/test-hub';
import { onTestFinished } from 'vitest';
import { Behaviours } from '../../src/behaviours/behaviours.ts';
import { Message } from '../../src/hub/message.ts';

export const TELL_MS = 100;

export interface Room {
  house: TestHouse;
  join(id: string): MemorySession;
  say(from: string, to: string, body: object | string): void;
  /** What a client was told by `behaviours` since the last call. */
  told(session: MemorySession): Record<string, unknown>[];
  /** The same after the time in which changes are collected. */
  toldSoon(session: MemorySession): Record<string, unknown>[];
  /** Lets time pass. */
  pass(ms: number): void;
}

/** A hub with the behaviours; `mute` may neither hear nor send to `secret`. */
export function buildRoom({ maxBytes = 2 ** 20 } = {}): Room {
  const house = buildHouse();
  const { hub, clock } = house;
  const may = (client: string, channel: string): boolean => client !== 'mute' || !channel.startsWith('secret');
  const behaviours = new Behaviours({
    ...house,
    maxBytes,
    mayHear: may,
    maySend: may,
    report: (incident) => house.incidents.report(incident),
  });
  onTestFinished(() => behaviours.stop());
  const told = (session: MemorySession): Record<string, unknown>[] =>
    session.received
      .splice(0)
      .filter(({ from }) => from === 'behaviours')
      .map((message) => JSON.parse(message.text) as Record<string, unknown>);
  return {
    ...{ house, told },
    join(id) {
      const session = new MemorySession(id);
      hub.join(session);
      return session;
    },
    say(from, to, body) {
      const kind = typeof body === 'string' ? 'text' : 'dict';
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      hub.send(new Message({ from, to, kind, body: text, timestampMs: clock.now() }));
    },
    toldSoon(session) {
      clock.advance(TELL_MS);
      return told(session);
    },
    pass: (ms) => clock.advance(ms),
  };
}

/** Numbers from 0 to less than 1, the same for each seed. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
