import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { connect, connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';

describe('a gateway whose plug is pulled', () => {
  const gateway = new GatewayProcess();
  const mqttUrl = (): string => `mqtt://127.0.0.1:${gateway.ready.mqtt.port}`;
  const open: { close(): void }[] = [];
  let python: Program;

  beforeAll(async () => {
    await gateway.start();
  });
  afterAll(async () => {
    for (const client of open) client.close();
    await python?.stop();
    await gateway.dispose();
  });

  async function connectOocsi(handle: string): Promise<OocsiClient> {
    const client = await OocsiClient.connect(gateway.ready.oocsi.port, handle);
    open.push(client);
    return client;
  }

  /** Waits until the database of the gateway has all of these texts. */
  async function isWritten(...texts: string[]): Promise<void> {
    const state = join(gateway.dataDir, 'state');
    await vi.waitFor(() => {
      const logs = readdirSync(state).filter((name) => name.endsWith('.log'));
      const written = logs.map((name) => readFileSync(join(state, name), 'latin1')).join('');
      expect(texts.filter((text) => !written.includes(text))).toEqual([]);
    });
  }

  test('still has everything that was accepted when it comes back', async () => {
    python = startPython('python', 'oocsi_agent.py');
    python.command({ do: 'connect', handle: 'python', ...gateway.ready.oocsi });
    await python.take('connected', {}, 60_000);
    python.command({ do: 'subscribe', channel: 'news' });

    // An ESP client never subscribes again by itself.
    const esp = await connectOocsi('esp');
    esp.send('subscribe lamp');
    const sender = await connectOocsi('sender');
    sender.send('sendraw shelf {"kept":1.0,"_RETAIN":3600}');

    const durable = await connectAsync(mqttUrl(), { clientId: 'durable', clean: false });
    await durable.subscribeAsync('orders', { qos: 2 });
    await durable.endAsync();
    const publisher = await connectAsync(mqttUrl(), { clientId: 'publisher' });
    await publisher.publishAsync('orders', 'once', { qos: 1 });
    await publisher.publishAsync('orders', 'exactly once', { qos: 2 });
    await publisher.publishAsync('sign', 'retained', { qos: 1, retain: true });
    await publisher.endAsync();
    await sender.settle();
    await esp.settle();

    // What is known of clients is written a second after it changed.
    const ids = ['python', 'esp', 'sender', 'durable', 'publisher'];
    await isWritten(...ids.map((id) => `!clients!${id}`));
    // Last of all, as it must not be due before the gateway is killed, however slow the machine is.
    sender.send('sendraw esp {"promised":true,"_DELAY":8}');
    await isWritten('promised');
    const disconnected = once(esp.socket, 'close');
    await gateway.kill();
    await disconnected;
    await gateway.start();

    expect(await listClients(gateway.ready.http.port)).toEqual(
      expect.arrayContaining(['python', 'esp', 'sender', 'durable', 'publisher']),
    );
    const espAgain = await connectOocsi('esp');
    const writer = await connectOocsi('writer');
    writer.send('sendraw lamp {"on":1}');
    expect(await espAgain.take('lamp')).toMatchObject({ sender: 'writer', on: 1 });

    writer.send('subscribe shelf');
    expect(await writer.takeLine((line) => line.includes('"recipient":"shelf"'))).toContain('"kept":1.0');

    const back = connect(mqttUrl(), { clientId: 'durable', clean: false });
    const orders: string[] = [];
    await new Promise<void>((resolve) => {
      back.on('message', (_topic, payload) => {
        orders.push(payload.toString());
        if (orders.length === 2) resolve();
      });
    });
    expect(orders).toEqual(['once', 'exactly once']);
    const sign = new Promise<string>((resolve) => {
      back.on('message', (topic, payload) => {
        if (topic === 'sign') resolve(payload.toString());
      });
    });
    await back.subscribeAsync('sign');
    expect(await sign).toBe('retained');
    await back.endAsync();

    // The Python client reconnects by itself, in its own time, and subscribes again.
    await python.take('log', { text: 'connection established' });
    await python.take('log', { text: 're-connecting to OOCSI' });
    await python.take('log', { text: 'connection established' });
    const news = setInterval(() => writer.send('sendraw news {"headline":"back"}'), 100);
    try {
      await python.take('message', { recipient: 'news', data: { headline: 'back' } });
    } finally {
      clearInterval(news);
    }
    expect(await espAgain.take('esp')).toMatchObject({ sender: 'sender', promised: true });
  }, 120_000);
});

/** The ids of all known clients, as any CrossComm client is told. */
async function listClients(port: number): Promise<string[]> {
  const client = new WebSocket(`ws://127.0.0.1:${port}/`);
  await once(client, 'open');
  const envelope = { msg_id: '1', from_client_id: 'asker', to_client_id: 'server', msg_type: 'list_clients' };
  client.send(JSON.stringify({ ...envelope, content: '{"only_show_online": false}', timestamp: 1, oss_key: null }));
  const [text] = (await once(client, 'message')) as [Buffer];
  client.terminate();
  const { content } = JSON.parse(text.toString()) as { content: string };
  const { clients } = JSON.parse(content) as { clients: { client_id: string }[] };
  return clients.map(({ client_id }) => client_id);
}
