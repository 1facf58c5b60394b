import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { accountOf, saveAccounts } from '@crosscomm/testing/accounts';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { secretToken } from '@crosscomm/testing/secrets';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Account } from '../../src/access/account.ts';
import { field, packet, subscribePacket } from '../mqtt-engine/support.ts';

/** How many devices there are, every third of which speaks OOCSI and the others MQTT. */
const DEVICES = 5000;
/** How many connections there are that never say who they are. */
const SILENT = 2000;
const RETRY_MS = 250;
/** What one of the silent ones may cost, bytes of resident memory. */
const MAX_SILENT_BYTES = 40_000;

const gateway = new GatewayProcess({ auth: { anonymous: 'deny' }, limits: { handshakeTimeoutMs: 60_000 } });
const tokens = new Map<string, string>();

/** A device with a token of its own, which connects again as long as it is refused, and subscribes to `news` each time. */
class Device {
  readonly #name: string;
  readonly #isOocsi: boolean;
  #socket: Socket | undefined;
  heard = '';

  constructor(index: number) {
    this.#name = `device-${index}`;
    this.#isOocsi = index % 3 === 0;
    tokens.set(this.#name, secretToken());
  }

  get account(): Account {
    return accountOf(this.#name, { token: tokens.get(this.#name), roles: ['device'] });
  }

  /** Resolves when it is in and subscribed. */
  async join(): Promise<void> {
    for (;;) {
      try {
        await this.#try();
        return;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  close(): void {
    this.#socket?.destroy();
  }

  async #try(): Promise<void> {
    this.heard = '';
    const { oocsi, mqtt } = gateway.ready;
    const socket = connect({ host: '127.0.0.1', port: (this.#isOocsi ? oocsi : mqtt).port, noDelay: true });
    this.#socket = socket;
    const gone = new Promise<never>((_, reject) => socket.once('close', () => reject(new Error('closed'))));
    gone.catch(() => {});
    socket.on('error', () => {});
    socket.on('data', (data: Buffer) => {
      this.heard += data.toString('latin1');
    });
    const secret = tokens.get(this.#name) as string;
    const login = [field(this.#name), field(this.#name), field(secret)];
    if (this.#isOocsi) socket.write(`${this.#name}:${secret}(JSON)\n`);
    else socket.write(packet(0x10, field('MQTT'), Buffer.from([4, 0xc2, 0, 0]), ...login));
    await Promise.race([gone, this.#hears(socket, this.#isOocsi ? 'welcome' : '\x20\x02\x00\x00')]);
    socket.write(this.#isOocsi ? 'subscribe news\nping\n' : subscribePacket('news'));
    await Promise.race([gone, this.#hears(socket, this.#isOocsi ? '\n.\n' : '\x90\x03')]);
  }

  async #hears(socket: Socket, text: string): Promise<void> {
    while (!this.heard.includes(text)) await once(socket, 'data');
  }
}

const devices = Array.from({ length: DEVICES }, (_, index) => new Device(index));
const silent: Socket[] = [];

beforeAll(async () => {
  tokens.set('boss', secretToken());
  const boss = accountOf('boss', { token: tokens.get('boss'), roles: ['admin'] });
  await saveAccounts(gateway.dataDir, [boss, ...devices.map(({ account }) => account)]);
  await gateway.start();
});
afterAll(async () => {
  for (const { close } of silent.map((socket) => ({ close: () => socket.destroy() }))) close();
  for (const device of devices) device.close();
  await gateway.dispose();
});

const join = (): Promise<OocsiClient> =>
  OocsiClient.connect(gateway.ready.oocsi.port, `boss:${tokens.get('boss') as string}`);

/** Connects `count` sockets to each listener, which then say nothing, or the beginning of something. */
async function openSilent(count: number): Promise<void> {
  const { oocsi, mqtt, http } = gateway.ready;
  const beginnings = [
    [oocsi.port, ''],
    [oocsi.port, 'x'.repeat(100)],
    [mqtt.port, ''],
    [mqtt.port, '\x10\x40'],
    [http.port, ''],
    [http.port, 'GET / HTTP/1.1\r\nhost: localhost\r\n'],
  ] as const;
  const begun = Array.from({ length: count }, async (_, index) => {
    const [port, text] = beginnings[index % beginnings.length] ?? [0, ''];
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    silent.push(socket);
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'connect');
    socket.write(text);
  });
  await Promise.all(begun);
}

describe('5,000 devices with tokens', () => {
  it('come back at once after the gateway was killed, and all of them hear the next message', async () => {
    await Promise.all(devices.map((device) => device.join()));
    await gateway.kill();
    const back = devices.map((device) => device.join());
    await gateway.start();
    await Promise.all(back);
    const boss = await join();
    boss.send('sendraw news {"all":"here"}');
    await expect.poll(() => devices.filter(({ heard }) => heard.includes('"all":"here"')).length).toBe(DEVICES);
    boss.close();
  }, 120_000);
});

describe(`${SILENT} connections that never prove anything`, () => {
  it('cost little memory each, and others still get in', async () => {
    const before = await gateway.residentBytes();
    await openSilent(SILENT);
    const boss = await join();
    boss.close();
    expect(silent.filter(({ destroyed }) => !destroyed)).toHaveLength(SILENT);
    expect((await gateway.residentBytes()) - before).toBeLessThan(SILENT * MAX_SILENT_BYTES);
  });
});
