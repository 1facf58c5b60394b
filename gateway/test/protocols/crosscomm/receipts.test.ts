import { buildHouse, MemorySession, MemoryWire } from '@crosscomm/testing/test-hub';
import { expect, test } from 'vitest';
import { CrossCommSession } from '../../../src/protocols/crosscomm/session.ts';
import { frame } from './frames.ts';

/** A client that is logged in, beside a listener to `lamp`; `say` returns what it hears then. */
function anna() {
  const house = buildHouse();
  const wire = new MemoryWire();
  const session = new CrossCommSession(wire, house, { heartbeatTimeoutMs: 60_000, maxMessageBytes: 1_048_576 });
  const say = (msg_id: string, msg_type: string, to_client_id: string, content: unknown): object[] => {
    session.receive(frame({ msg_id, from_client_id: 'anna', to_client_id, msg_type, content }));
    const heard = wire.take().map((unit) => JSON.parse(unit.slice(unit.indexOf('{'))));
    return heard.map(({ msg_type: type, from_client_id, content: what }) => ({ type, from: from_client_id, what }));
  };
  say('l', 'login', 'server', {});
  const listener = new MemorySession('bert');
  house.hub.join(listener);
  house.hub.subscribe(listener, 'lamp');
  return { say, listener };
}

const receipt = (what: object): object[] => [{ type: 'receipt', from: 'server', what }];

test('a client that asks for receipts is told how many have each message', () => {
  const { say, listener } = anna();
  expect(say('r', 'dict', 'server', { receipts: true })).toEqual(
    receipt({ msg_id: 'r', delivered: 0, refused: 0, reason: null }),
  );
  expect(say('m1', 'text', 'lamp', 'on')).toEqual(receipt({ msg_id: 'm1', delivered: 1, refused: 0, reason: null }));
  expect(say('m2', 'text', 'elsewhere', 'on')).toEqual(
    receipt({ msg_id: 'm2', delivered: 0, refused: 0, reason: 'no_recipient' }),
  );
  listener.answer = 'queue_full';
  expect(say('m3', 'text', 'lamp', 'on')).toEqual(
    receipt({ msg_id: 'm3', delivered: 0, refused: 1, reason: 'queue_full' }),
  );
  expect(say('m4', 'text', 'presence(bert)', 'on')).toEqual(
    receipt({ msg_id: 'm4', delivered: 0, refused: 0, reason: 'not_allowed' }),
  );
});

test('such a client is told which of its subscriptions were refused', () => {
  const { say } = anna();
  say('r', 'dict', 'server', { receipts: true });
  expect(say('s1', 'dict', 'server', { subscribe: ['lamp', 'a[b', ''] })).toEqual(
    receipt({ msg_id: 's1', delivered: 1, refused: 2, reason: 'bad_name' }),
  );
});

test('such a client is told of what the gateway does not understand, so that nobody waits for ever', () => {
  const { say } = anna();
  say('r', 'dict', 'server', { receipts: true });
  const nobody = { delivered: 0, refused: 0, reason: 'no_recipient' };
  expect(say('m1', 'text', 'server', 'hi')).toEqual(receipt({ msg_id: 'm1', ...nobody }));
  expect(say('m2', 'dict', 'server', { hello: 1 })).toEqual(receipt({ msg_id: 'm2', ...nobody }));
  expect(say('m3', 'smell', 'lamp', 'x')).toEqual(receipt({ msg_id: 'm3', ...nobody }));
});

test('a client that asks for none hears none, and one that has enough of them neither', () => {
  const { say } = anna();
  expect(say('m1', 'text', 'lamp', 'on')).toEqual([]);
  say('r', 'dict', 'server', { receipts: true });
  say('r', 'dict', 'server', { receipts: false });
  expect(say('m2', 'text', 'lamp', 'on')).toEqual([]);
});
