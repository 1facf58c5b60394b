import { describe, expect, it } from 'vitest';
import type { ClientView } from '../src/api/types.ts';
import { ClientList, isFound } from '../src/pages/clients/client-list.ts';

const client = (id: string, more: Partial<ClientView> = {}): ClientView => ({
  ...{
    id,
    protocol: 'mqtt',
    online: true,
    sinceMs: 1000,
    lastSeenMs: 2000,
    received: 0,
    sent: 0,
    subscriptionCount: 0,
  },
  ...more,
});

describe('the clients that the page knows', () => {
  it('talk as much as their counts grew between two answers', () => {
    const list = new ClientList();
    list.load([client('knob', { received: 10, sent: 100 })], 0);
    expect(list.rows).toMatchObject([{ receivedPerS: 0, sentPerS: 0 }]);
    list.load([client('knob', { received: 14, sent: 140 })], 2000);
    expect(list.rows).toMatchObject([{ receivedPerS: 2, sentPerS: 20 }]);
  });

  it('begin again when they have joined again', () => {
    const list = new ClientList();
    list.load([client('knob', { received: 100 })], 0);
    list.load([client('knob', { received: 3, sinceMs: 5000 })], 2000);
    expect(list.rows).toMatchObject([{ receivedPerS: 0 }]);
  });

  it('are those of the newest answer', () => {
    const list = new ClientList();
    list.load([client('knob'), client('lamp')], 0);
    list.load([client('lamp'), client('door')], 2000);
    expect(list.rows.map(({ id }) => id)).toEqual(['lamp', 'door']);
  });
});

it('a client is found by a part of its id, account or address, in capitals or not', () => {
  const door = client('Door-1', { account: 'anna', peer: '192.168.1.10' });
  expect(['door', 'ANNA', '1.10', ' '].map((text) => isFound(door, text))).toEqual([true, true, true, true]);
  expect(isFound(door, 'window')).toBe(false);
});
