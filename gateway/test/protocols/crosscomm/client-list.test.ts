import { buildHouse, MemorySession, MemoryWire, type TestHouse } from '@crosscomm/testing/test-hub';
import { beforeEach, describe, expect, test } from 'vitest';
import { clientListContent } from '../../../src/protocols/crosscomm/client-list.ts';
import { CrossCommSession } from '../../../src/protocols/crosscomm/session.ts';
import { frame } from './frames.ts';

let house: TestHouse;
beforeEach(() => {
  house = buildHouse({ maxKnownClients: 20_000 });
});

/** Asks as somebody who has not logged in, and returns the whole answer and its content. */
function ask(content: unknown): { answer: Record<string, unknown>; text: string; list: Record<string, unknown> } {
  const wire = new MemoryWire();
  const session = new CrossCommSession(wire, house, { heartbeatTimeoutMs: 60_000, maxMessageBytes: 1_048_576 });
  session.receive(
    frame({ from_client_id: 'asker', to_client_id: 'server', msg_type: 'list_clients', content: content }),
  );
  const unit = wire.take()[0] as string;
  const answer = JSON.parse(unit.slice(unit.indexOf('{'))) as Record<string, unknown>;
  const text = answer.content as string;
  return { answer, text, list: JSON.parse(text) as Record<string, unknown> };
}

describe('the list of clients', () => {
  test('shows everyone of every protocol, in the words of the reference', () => {
    house.hub.join(new MemorySession('ann', 'crosscomm'));
    const gone = new MemorySession('dev', 'serial');
    house.hub.join(gone);
    house.clock.advance(1500);
    house.hub.leave(gone, 'closed');
    const { answer, text } = ask('');
    expect(answer).toMatchObject({
      msg_id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      from_client_id: 'server',
      to_client_id: 'asker',
      msg_type: 'list_clients_response',
    });
    const joined = (house.clock.now() - 1500) / 1000;
    expect(text).toBe(
      `{"clients": [{"client_id": "ann", "status": "online", "last_heartbeat": ${joined.toFixed(3)}, "login_time": ${joined.toFixed(3)}}, ` +
        `{"client_id": "dev", "status": "offline", "last_heartbeat": ${(joined + 1.5).toFixed(3)}, "login_time": ${joined.toFixed(3)}}], ` +
        '"total_count": 2, "only_show_online": false}',
    );
  });

  test.each([
    ['{"only_show_online": true}', true],
    [{ only_show_online: true }, true],
    ['{"only_show_online": false}', false],
    ['', false],
    ['not json', false],
    ['null', false],
    [null, false],
    [{}, false],
    [17, false],
  ])('asked for with %j has only those online: %s', (content, onlyOnline) => {
    house.hub.join(new MemorySession('ann', 'mqtt'));
    const gone = new MemorySession('dev');
    house.hub.join(gone);
    house.hub.leave(gone, 'left');
    expect(ask(content).list).toMatchObject({ total_count: onlyOnline ? 1 : 2, only_show_online: onlyOnline });
  });

  test('changes at once when somebody comes or goes', () => {
    const ann = new MemorySession('ann');
    house.hub.join(ann);
    expect(ask('{"only_show_online": true}').list).toMatchObject({ total_count: 1 });
    house.hub.leave(ann, 'left');
    expect(ask('{"only_show_online": true}').list).toMatchObject({ total_count: 0 });
  });

  test('is at most a second behind with the times', () => {
    house.hub.join(new MemorySession('ann'));
    const before = ask('').text;
    house.clock.advance(1000);
    house.hub.touch('ann');
    expect(ask('').text).not.toBe(before);
  });

  test('fits into one frame whatever the number of clients, those online first', () => {
    for (let index = 0; index < 12_000; index++) {
      const session = new MemorySession(`${'x'.repeat(40)}${index}`);
      house.hub.join(session);
      if (index < 11_900) house.hub.leave(session, 'closed');
    }
    const { list } = ask('');
    const clients = list.clients as { status: string }[];
    expect(Buffer.byteLength(clientListContent(house.hub, false, house.clock.now()))).toBeLessThan(1_048_000);
    expect(list.total_count).toBe(12_000);
    expect(clients.length).toBeGreaterThan(5000);
    expect(clients.filter(({ status }) => status === 'online')).toHaveLength(100);
  });
});
