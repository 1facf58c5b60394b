import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { connectAsync } from 'mqtt';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

describe('a gateway that is told to stop', () => {
  let gateway: GatewayProcess;

  afterEach(() => gateway.dispose());

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'says goodbye on every wire at %s, saves, and exits with 0',
    async (signal) => {
      gateway = new GatewayProcess();
      const { http, oocsi, mqtt } = await gateway.start();
      const crowd = await Promise.all(
        Array.from({ length: 100 }, (_, index) => OocsiClient.connect(oocsi.port, `crowd-${index}`)),
      );
      const page = new WebSocket(`ws://127.0.0.1:${http.port}/ws`);
      await once(page, 'open');
      page.send('page');
      await once(page, 'message');
      const subscriber = await connectAsync(`ws://127.0.0.1:${http.port}/mqtt`, { clientId: 'by-websocket' });
      const publisher = await connectAsync(`mqtt://127.0.0.1:${mqtt.port}`, { clientId: 'by-tcp' });
      const events = await fetch(`http://127.0.0.1:${http.port}/subscribe/news`);

      const pageClosed = once(page, 'close');
      const mqttClosed = [subscriber, publisher].map(
        (client) => new Promise((resolve) => client.once('close', () => resolve(true))),
      );
      const beganMs = performance.now();
      const [exitCode, pageClose] = await Promise.all([gateway.program.stop(signal), pageClosed]);
      expect(exitCode).toBe(0);
      expect(performance.now() - beganMs).toBeLessThan(30_000);
      expect(await crowd[0]?.takeLine((line) => line === 'bye')).toBe('bye');
      expect(pageClose[0]).toBe(1001);
      expect(await Promise.all(mqttClosed)).toEqual([true, true]);
      expect(await events.text()).not.toContain('error');
      expect(readFileSync(join(gateway.dataDir, 'cross_comm_clients.yaml'), 'utf8')).toContain('crowd-99');
      await Promise.all([subscriber.endAsync(true), publisher.endAsync(true)]);
    },
  );

  test('tells a second gateway on the same data that it is already running', async () => {
    gateway = new GatewayProcess();
    await gateway.start();
    const second = new GatewayProcess({ dataDir: gateway.dataDir });
    try {
      await expect(second.start()).rejects.toThrow(/exit 2/);
      expect(second.program.errors).toContain('DATA_DIR_LOCKED');
    } finally {
      await second.dispose();
    }
  });

  test('leaves nothing open where one of its ports is in use', async () => {
    gateway = new GatewayProcess();
    const { mqtt } = await gateway.start();
    const second = new GatewayProcess({ mqtt: { port: mqtt.port } });
    try {
      await expect(second.start()).rejects.toThrow(/exit 2/);
      expect(second.program.errors).toContain('DOOR_PORT_IN_USE');
      expect(second.program.errors).toContain(String(mqtt.port));
    } finally {
      await second.dispose();
    }
  });
});
