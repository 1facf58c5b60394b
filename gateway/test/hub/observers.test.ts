import { bodies, join, send } from '@crosscomm/testing/send';
import { buildHouse, MemorySession } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { Message } from '../../src/hub/message.ts';

describe('the observer of all messages', () => {
  it('sees each message with its receipt until it is taken away', () => {
    const { hub } = buildHouse();
    hub.join(new MemorySession('anna'));
    const seen: string[] = [];
    const stop = hub.observe((message, receipt) => seen.push(`${message.to} ${receipt.delivered} ${receipt.reason}`));
    const send = (to: string) => hub.send(new Message({ from: 'bert', to, kind: 'text', body: 'hi', timestampMs: 0 }));
    send('anna');
    send('nobody');
    stop();
    send('anna');
    expect(seen).toEqual(['anna 1 undefined', 'nobody 0 no_recipient']);
  });

  it('may be several, each until it is taken away, the same one twice', () => {
    const { hub } = buildHouse();
    const seen: string[] = [];
    const see = (message: Message) => seen.push(`one ${message.body}`);
    const [stop, stopAgain] = [hub.observe(see), hub.observe(see)];
    const stopOther = hub.observe((message) => seen.push(`two ${message.body}`));
    send(hub, 'bert', 'nobody', 'a');
    stop();
    stop();
    send(hub, 'bert', 'nobody', 'b');
    stopAgain();
    stopOther();
    send(hub, 'bert', 'nobody', 'c');
    expect(seen).toEqual(['one a', 'one a', 'two a', 'one b', 'two b']);
  });

  it('hurts neither the sender nor another where it throws, and is heard of', () => {
    const { hub } = buildHouse();
    const anna = join(hub, 'anna');
    const [faults, seen]: [unknown[], unknown[]] = [[], []];
    hub.events.on('fault', (error) => faults.push(error));
    hub.observe(() => {
      throw new Error('out of ink');
    });
    hub.observe((message) => seen.push(message.body));
    expect(send(hub, 'bert', 'anna', 'a')).toEqual({ delivered: 1, refused: 0, reason: undefined });
    send(hub, 'bert', 'anna', 'b');
    expect([bodies(anna), seen]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ]);
    expect(faults).toEqual([new Error('out of ink'), new Error('out of ink')]);
  });

  it('may come and go while a message is shown', () => {
    const { hub } = buildHouse();
    const seen: string[] = [];
    const stops: (() => void)[] = [];
    stops.push(
      hub.observe(({ body }) => {
        seen.push(`first ${body}`);
        for (const stop of stops) stop();
        hub.observe((message) => seen.push(`newcomer ${message.body}`));
      }),
    );
    stops.push(hub.observe(({ body }) => seen.push(`taken away ${body}`)));
    hub.observe(({ body }) => seen.push(`last ${body}`));
    send(hub, 'bert', 'nobody', 'a');
    send(hub, 'bert', 'nobody', 'b');
    expect(seen).toEqual(['first a', 'last a', 'last b', 'newcomer b']);
  });

  it('sees what it sends itself', () => {
    const { hub } = buildHouse();
    const seen: unknown[] = [];
    hub.observe(({ from, to }) => {
      seen.push(to);
      if (from !== 'observer') send(hub, 'observer', 'log', 'seen');
    });
    send(hub, 'bert', 'nobody', 'hi');
    expect(seen).toEqual(['nobody', 'log']);
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
