import { accountOf } from '@crosscomm/testing/accounts';
import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { expect, test } from 'vitest';
import type { RemoteClient } from '../../src/hub/elsewhere.ts';
import { Message } from '../../src/hub/message.ts';
import { type Receipt, refusedReceipt } from '../../src/hub/receipt.ts';

const attic: RemoteClient = {
  gateway: { name: 'attic', heardMs: 7 },
  protocol: 'oocsi',
  account: undefined,
  sinceMs: 5,
};

function build(receipt: Receipt = { delivered: 1, refused: 0, reason: undefined }) {
  const house = buildHouse();
  const carried: { message: Message; account: string | undefined }[] = [];
  house.hub.elsewhere.courier = {
    forward: async (message, _client, { account }) => {
      carried.push({ message, account });
      return receipt;
    },
    asks: async () => true,
  };
  return { ...house, carried };
}

const message = (to: string, body = '{}', from = 'mouth') =>
  new Message({ from, to, kind: 'dict', body, timestampMs: 1 });

test('a message to a client elsewhere goes there alone, with the account of its sender, and is counted once the answer is here', async () => {
  const { hub, carried } = build();
  hub.elsewhere.put('lamp', attic);
  hub.join(new MemorySession('mouth'), { account: 'ana' });
  const ears = new MemorySession('ears');
  hub.join(ears);
  hub.subscribe(ears, 'lamp');
  const sent = hub.send(message('lamp'));
  expect(sent).toMatchObject({ delivered: 0, refused: 0, reason: undefined });
  expect(await sent.forwarded).toMatchObject({ delivered: 1 });
  expect([ears.received, carried[0]?.account, hub.counters.deliveries]).toEqual([[], 'ana', 1]);
});

test('what is for an id that an account owns goes to no client of another account elsewhere', async () => {
  const { hub, accounts, carried } = build();
  await accounts.add(accountOf('lamp'));
  hub.elsewhere.put('lamp', { ...attic, account: 'thief' });
  expect(hub.send(message('lamp'))).toMatchObject({ reason: 'no_recipient' });
  expect(carried).toEqual([]);
  hub.elsewhere.put('lamp', { ...attic, account: 'lamp' });
  expect(await hub.send(message('lamp')).forwarded).toMatchObject({ delivered: 1 });
});

test('what another gateway refuses is counted by its reason', async () => {
  const { hub } = build(refusedReceipt('timeout'));
  hub.elsewhere.put('lamp', attic);
  await hub.send(message('lamp')).forwarded;
  expect(hub.counters.refusals.timeout).toBe(1);
});

test('what came from another gateway goes to no third one, and not to itself', () => {
  const { hub, carried } = build();
  hub.elsewhere.put('lamp', attic);
  expect(hub.send(message('lamp'), { gateway: 'kitchen' })).toMatchObject({ reason: 'no_recipient' });
  expect(hub.send(message('lamp', '{}', 'lamp'))).toMatchObject({ reason: 'no_recipient' });
  expect(carried).toEqual([]);
});

test('the answer to a call finds a caller that nobody knows yet, and no other message does', async () => {
  const { hub, carried } = build();
  hub.elsewhere.noteCall(message('lamp', '{"_MESSAGE_HANDLE":"on","_MESSAGE_ID":"1"}', 'caller'), 'attic', {});
  hub.elsewhere.noteCall(message('lamp', '{"on":1}', 'other'), 'attic', {});
  hub.send(message('caller', '{"n":1}'));
  hub.send(message('other', '{"_MESSAGE_ID":"1"}'));
  await hub.send(message('caller', '{"_MESSAGE_ID":"1"}')).forwarded;
  expect(carried.map(({ message: { to, body } }) => [to, body])).toEqual([['caller', '{"_MESSAGE_ID":"1"}']]);
});

test('subscriptions are handed over once, to a client of the same protocol and account', () => {
  const { hub } = build();
  const nomad = new MemorySession('nomad');
  hub.join(nomad, { account: 'ana' });
  hub.subscribe(nomad, 'news');
  hub.subscribe(nomad, 'den:secret');
  hub.leave(nomad, 'closed');
  expect(hub.handOver('nomad', 'oocsi', undefined)).toEqual([]);
  expect(hub.handOver('nomad', 'crosscomm', 'ana')).toEqual([]);
  expect(hub.handOver('nomad', 'oocsi', 'ana')).toEqual(['news']);
  expect(hub.handOver('nomad', 'oocsi', 'ana')).toEqual([]);
});

test('what is handed over by a client that is still here does not wait for it when it goes', () => {
  const { hub } = build();
  const nomad = new MemorySession('nomad');
  hub.join(nomad);
  hub.subscribe(nomad, 'news');
  expect(hub.handOver('nomad', 'oocsi', undefined)).toEqual(['news']);
  hub.giveUp('nomad');
  expect(hub.ownClient('nomad')).toMatchObject({ online: false, subscriptions: [] });
});

test('what a client had elsewhere is beside what it asks for here, where it may hear it', () => {
  const { hub } = build();
  const nomad = new MemorySession('nomad');
  hub.join(nomad, { hearer: { hears: (channel) => channel !== 'secret' } });
  hub.subscribe(nomad, 'weather');
  hub.adopt(nomad, ['news', 'weather', 'secret']);
  expect(hub.subscriptions(nomad)).toEqual(['weather', 'news']);
});
