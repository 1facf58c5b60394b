import { once } from 'node:events';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/** A megabyte of text; the euro makes the gateway need two bytes for each character. */
const LARGE = `${'x'.repeat(1_000_000)}\u20ac`;
const MIB = 2 ** 20;

describe('a gateway with 256 MB of heap, of which clients want to have all', { timeout: 180_000 }, () => {
  let gateway: GatewayProcess;
  const clients: OocsiClient[] = [];

  const connect = async (handle: string, address: string): Promise<OocsiClient> => {
    const client = await OocsiClient.connect(gateway.ready.oocsi.port, handle, address);
    clients.push(client);
    return client;
  };

  /** Sends large messages that are to be kept; how many were taken. */
  async function fill(client: OocsiClient, count: number, field: string, place = client.handle): Promise<number> {
    for (let number = 0; number < count; number++) {
      const line = `sendraw ${place}/${field}/${number} {"${field}":3600,"text":"${LARGE}"}\n`;
      if (!client.socket.write(line)) await once(client.socket, 'drain');
    }
    client.send('ping');
    let refused = 0;
    while ((await client.takeLine((text) => text === '.' || text.startsWith('error (no room'))) !== '.') refused++;
    return count - refused;
  }

  const total = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0);

  beforeAll(async () => {
    gateway = new GatewayProcess({ oocsi: { maxLineBytes: 2 * MIB } }, { NODE_OPTIONS: '--max-old-space-size=256' });
    await gateway.start();
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await gateway?.dispose();
  });

  it('keeps 250 retained messages of a megabyte as far as there is room, refuses the others, and goes on', async () => {
    const taken: number[] = [];
    for (let number = 0; number < 10; number++) {
      taken.push(await fill(await connect(`keeper-${number}`, `127.0.0.${2 + number}`), 25, '_RETAIN'));
    }
    // 3 MB each, of 64 MiB; 5 for one client.
    expect(taken.slice(0, 5)).toEqual([5, 5, 5, 5, 2]);
    expect(total(taken.slice(5))).toBe(0);
    const late = await connect('late', '127.0.0.30');
    late.send('subscribe keeper-0/_RETAIN/0');
    expect((await late.take('keeper-0/_RETAIN/0')).text).toBe(LARGE);
  });

  it('does so with scheduled ones', async () => {
    const taken: number[] = [];
    for (let number = 0; number < 5; number++) {
      taken.push(await fill(await connect(`waiter-${number}`, `127.0.0.${20 + number}`), 10, '_DELAY'));
    }
    expect(taken).toEqual([2, 2, 2, 2, 0]);
  });

  it('comes back with all of them after a restart, as full as before, and with room for who has small ones', async () => {
    await gateway.stop();
    await gateway.start();
    const [keeper, other] = [await connect('keeper-0', '127.0.0.2'), await connect('other', '127.0.0.31')];
    keeper.send('subscribe keeper-4/_RETAIN/1');
    expect((await keeper.take('keeper-4/_RETAIN/1')).text).toBe(LARGE);
    expect([await fill(keeper, 1, '_RETAIN', 'more'), await fill(keeper, 1, '_DELAY')]).toEqual([0, 0]);
    other.send('sendraw small {"_RETAIN":60,"n":1}');
    other.send('subscribe small');
    expect((await other.take('small')).n).toBe(1);
  });
});
