import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

/** What the reference server (1.3.8) was seen to answer to the same lines, times left out. */
describe('an OOCSI program hears what the reference server would say', () => {
  const gateway = new GatewayProcess();
  const open: OocsiClient[] = [];

  beforeAll(() => gateway.start());
  afterEach(() => {
    for (const client of open.splice(0)) client.close();
  });
  afterAll(() => gateway.dispose());

  /** A client that has said all these lines, each of which the gateway has carried out. */
  async function connect(handle: string, ...lines: string[]): Promise<OocsiClient> {
    const client = await OocsiClient.connect(gateway.ready.oocsi.port, handle);
    open.push(client);
    await say(client, ...lines);
    return client;
  }

  async function say(client: OocsiClient, ...lines: string[]): Promise<void> {
    for (const line of lines) client.send(line);
    await client.settle();
  }

  /** Everything that came by now, without times. */
  async function heard(client: OocsiClient): Promise<string[]> {
    await client.settle();
    const lines = client.kept
      .map((line) => line.replace(/"timestamp":\d+,/, ''))
      .filter((line) => !line.includes('refresh'));
    while (client.kept.length > 0) await client.takeLine(() => true);
    return lines;
  }

  test('when somebody comes to and goes from a channel', async () => {
    const watcher = await connect('p-watcher', 'subscribe presence(p-room)');
    const guest = await connect('p-guest', 'subscribe p-room');
    expect(await heard(watcher)).toEqual([
      '{"channel":"p-room","join":"p-guest","recipient":"presence(p-room)","sender":"p-room"}',
    ]);
    await say(guest, 'unsubscribe p-room');
    expect(await heard(watcher)).toEqual([
      '{"channel":"p-room","leave":"p-guest","recipient":"presence(p-room)","sender":"p-room"}',
    ]);
    await say(guest, 'sendraw presence(p-room) {"channel":"p-room","join":"ghost"}');
    expect(await heard(watcher)).toEqual([]);
  });

  test('when a handle is the name of a channel', async () => {
    const anna = await connect('h-anna', 'subscribe h-lamp');
    const bert = await connect('h-bert');
    const lamp = await OocsiClient.open(gateway.ready.oocsi.port, 'h-lamp');
    open.push(lamp);
    expect(await lamp.takeLine(() => true)).toBe('error (name already registered: h-lamp)');
    await say(bert, 'sendraw h-lamp {"n":2}');
    expect(await heard(anna)).toEqual(['{"n":2,"recipient":"h-lamp","sender":"h-bert"}']);
    for (const name of ['OOCSI_clients', 'OOCSI_events', 'presence(h-lamp)', 'heyOOCSI!', 'echo', 'all', 'server']) {
      const thief = await OocsiClient.open(gateway.ready.oocsi.port, name);
      open.push(thief);
      expect(await thief.takeLine(() => true)).toBe(`error (name already registered: ${name})`);
    }
  });

  test('when it sends to functional channels', async () => {
    const anna = await connect('f-anna');
    const bert = await connect('f-bert');
    const cases = [
      ['f1[nofunc(x)]', '{"x":10}', '{"x":10,'],
      ['f2[]', '{"x":10}', '{"x":10,'],
      ['f3[filter(x>5);bogus]', '{"x":10}', '{"x":10,'],
      ['f4[filter(x<=5)]', '{"x":true}', undefined],
      ['f5[transform(y,x*1)]', '{"x":10000000}', '{"x":10000000,"y":1.0E7,'],
      ['f6[transform(y,x*1)]', '{"x":-12345678}', '{"x":-12345678,"y":-1.2345678E7,'],
      ['f7[transform(y,x*1)]', '{"x":9999999}', '{"x":9999999,"y":9999999.0,'],
      ['f8[transform(y,nosuch(x))]', '{"x":1}', '{"x":1,'],
    ] as const;
    for (const [address, data, expected] of cases) {
      await say(anna, `subscribe ${address}`);
      await say(bert, `sendraw ${address.split('[', 1)[0]} ${data}`);
      const lines = expected === undefined ? [] : [`${expected}"recipient":"${address}","sender":"f-bert"}`];
      expect(await heard(anna), address).toEqual(lines);
    }
  });

  test('when text follows the object that it sends', async () => {
    const anna = await connect('t-anna', 'subscribe t-room');
    await connect('t-bert', 'sendraw t-room {"a":1} trailing', 'sendraw t-room {"a":1}{"b":2}');
    const line = '{"a":1,"recipient":"t-room","sender":"t-bert"}';
    expect(await heard(anna)).toEqual([line, line]);
  });

  test('when it asks for channels and their members', async () => {
    const anna = await connect('l-anna', 'subscribe l-safe:pw', 'subscribe presence(zz)', 'subscribe l-first');
    const bert = await connect('l-bert', 'subscribe l-keep');
    await say(anna, 'channels l-safe:pw', 'channels l-safe', 'sendraw l-keep {"_RETAIN":30,"v":1}');
    expect(await heard(anna)).toEqual(['l-anna']);
    await say(bert, 'unsubscribe l-keep');
    await heard(bert);
    await say(bert, 'channels');
    const listed = (await heard(bert))[0]?.split(', ').filter((name) => name.startsWith('l-') || name.includes('('));
    expect(listed).toEqual(['l-anna', 'l-first', 'l-bert', 'l-keep']);
  });
});
