import { CODES, type IncomingCall } from '@crosscomm/protocol';
import { bodies, join } from '@crosscomm/testing/send';
import { describe, expect, it } from 'vitest';
import { buildFrameHouse, elapse, openClient } from './support.ts';

describe('calls of a FrameClient', () => {
  it('are answered by another', () => {
    const house = buildFrameHouse();
    const calls: IncomingCall[] = [];
    const oracle = openClient(house, { deviceId: 'oracle' }, { call: (call) => calls.push(call) });
    const party = openClient(house);
    const results: unknown[] = [];
    party.client.call('oracle', 'add', { a: 1, b: 2 }, (result) => results.push(result));
    party.line.carry();
    oracle.line.carry();
    expect(calls).toMatchObject([
      {
        function: 'add',
        args: new Map([
          ['a', 1],
          ['b', 2],
        ]),
        channel: null,
        from: 'uno-1',
      },
    ]);
    calls[0]?.reply(new Map([['sum', 3]]));
    calls[0]?.reply(new Map([['sum', 4]]));
    oracle.line.carry();
    party.line.carry();
    expect(results).toEqual([{ code: CODES.ok, value: new Map([['sum', 3]]), text: '' }]);
  });

  it('fail with the code of who answers, no_function where it offers none, and no_recipient where nobody is there', () => {
    const house = buildFrameHouse();
    const failing = openClient(house, { deviceId: 'failing' }, { call: (call) => call.fail(CODES.call_failed, 'no') });
    const bare = openClient(house, { deviceId: 'bare' });
    const party = openClient(house);
    const codes: unknown[] = [];
    for (const name of ['failing', 'bare', 'nobody']) {
      party.client.call(name, 'f', {}, ({ code, text }) => codes.push([name, code, text]));
    }
    for (const { line } of [party, failing, bare, party]) line.carry();
    expect(codes).toEqual([
      ['nobody', CODES.no_recipient, ''],
      ['failing', CODES.call_failed, 'no'],
      ['bare', CODES.no_function, ''],
    ]);
  });

  it('that time out while there is no link are not made later', () => {
    const house = buildFrameHouse();
    const oracle = join(house.hub, 'oracle');
    const party = openClient(house);
    party.line.cut();
    const codes: number[] = [];
    party.client.call('oracle', 'f', {}, ({ code }) => codes.push(code), 1000);
    house.clock.advance(1000);
    expect(codes).toEqual([CODES.timeout]);
    party.reconnect();
    party.client.send('oracle', 'hello');
    elapse(house, party, 100);
    expect(bodies(oracle)).toEqual(['hello']);
  });

  it('list the clients, online or all, in as many frames as it takes', () => {
    const house = buildFrameHouse();
    const ids = Array.from({ length: 20 }, (_, index) => `client-${index}`);
    for (const id of ids) join(house.hub, id);
    const gone = join(house.hub, 'gone', ['lab'], 'crosscomm');
    house.hub.leave(gone, 'closed');
    const party = openClient(house, { maxFrame: 64, window: 64 });
    const lists: { id: string; online: boolean }[][] = [];
    party.client.listClients(({ clients }) => lists.push(clients));
    party.client.listClients(({ clients }) => lists.push(clients), false);
    elapse(house, party, 1000);
    const [online, all] = lists.map((clients) => clients.map(({ id }) => id).sort());
    expect(online).toEqual([...ids, 'uno-1'].sort());
    expect(all).toEqual([...ids, 'uno-1', 'gone'].sort());
  });
});
