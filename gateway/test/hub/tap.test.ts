import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { Message } from '../../src/hub/message.ts';

describe('the observer of all messages', () => {
  it('sees each message with its receipt until it is taken away', () => {
    const { hub } = buildHouse();
    hub.join(new MemorySession('anna'));
    const seen: string[] = [];
    hub.tap((message, receipt) => seen.push(`${message.to} ${receipt.delivered} ${receipt.reason}`));
    const send = (to: string) => hub.send(new Message({ from: 'bert', to, kind: 'text', body: 'hi', timestampMs: 0 }));
    send('anna');
    send('nobody');
    hub.tap(undefined);
    send('anna');
    expect(seen).toEqual(['anna 1 undefined', 'nobody 0 no_recipient']);
  });
});

describe('the names of the gateway', () => {
  it('are reserved', () => {
    const { hub } = buildHouse();
    hub.reserve('echo');
    expect([hub.isReserved('server'), hub.isReserved('echo'), hub.isReserved('anna')]).toEqual([true, true, false]);
  });

  it('tell private channels from public ones', () => {
    const { hub } = buildHouse();
    const anna = new MemorySession('anna');
    hub.join(anna);
    hub.subscribe(anna, 'safe:secret');
    hub.subscribe(anna, 'room');
    expect([hub.isPrivate('safe'), hub.isPrivate('room'), hub.isPrivate('none')]).toEqual([true, false, false]);
  });
});
