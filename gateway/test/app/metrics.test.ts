import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import mqtt from 'mqtt';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { type RunningGateway, startGateway } from '../../src/app/start-gateway.ts';
import { type Family, MetricsRegistry } from '../../src/observability/metrics.ts';

interface Status {
  counters: { messages: number; deliveries: number; refusals: Record<string, number> };
  incidents: Record<string, number>;
  uploads: { waiting: number };
}

let metrics: MetricsRegistry;
let gateway: RunningGateway;
const ends: (() => unknown)[] = [];

beforeEach(async () => {
  metrics = new MetricsRegistry();
  const port = { host: '127.0.0.1', port: 0 };
  const doors = { http: port, oocsi: port, mqtt: port, oss: port, serial: { autoDetect: false } };
  gateway = await startGateway({ dataDir: await temporaryFolder(), ...doors }, { metrics });
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await gateway.stop();
});

async function mqttClient(clientId: string): Promise<mqtt.MqttClient> {
  const client = await mqtt.connectAsync({ host: '127.0.0.1', port: gateway.doors.mqtt.port, clientId });
  ends.push(() => client.endAsync(true));
  return client;
}

async function oocsiClient(handle: string): Promise<OocsiClient> {
  const client = await OocsiClient.connect(gateway.doors.oocsi.port, handle);
  ends.push(() => client.socket.destroy());
  return client;
}

async function status(): Promise<Status> {
  return (await (await fetch(`http://127.0.0.1:${gateway.doors.http.port}/status`)).json()) as Status;
}

/** What is counted of a family, by the values of its labels. */
function counted(name: string): Record<string, number> {
  const samples =
    metrics
      .families()
      .find((family) => family.name === name)
      ?.samples() ?? [];
  return Object.fromEntries(samples.map(({ labels, value }) => [Object.values(labels).join(' '), value]));
}

it('counts a message that comes in by MQTT and goes out by OOCSI and MQTT', async () => {
  const listener = await oocsiClient('listener');
  listener.send('subscribe lamp');
  const [sender, other] = [await mqttClient('sender'), await mqttClient('other')];
  await other.subscribeAsync('lamp');
  const before = await status();
  await sender.publishAsync('lamp', '{"on":true}', { qos: 1 });
  await listener.take('lamp');
  await vi.waitFor(() => expect(counted('crosscomm_sent_messages_total')).toMatchObject({ oocsi: 1, mqtt: 1 }));
  expect(counted('crosscomm_received_messages_total')).toMatchObject({ mqtt: 1 });
  const { counters } = await status();
  expect(counters.messages).toBe(metrics.value('crosscomm_messages_total'));
  expect(counters.deliveries).toBe(metrics.value('crosscomm_deliveries_total'));
  expect(counters.messages - before.counters.messages).toBe(1);
});

it('counts what goes from one MQTT client to another, direct messages too', async () => {
  const [sender, other] = [await mqttClient('sender'), await mqttClient('other')];
  await other.subscribeAsync('$direct/other/#');
  await sender.publishAsync('$direct/other', 'hello', { qos: 1 });
  await vi.waitFor(() => expect(counted('crosscomm_sent_messages_total')).toMatchObject({ mqtt: 1 }));
  const asks = await oocsiClient('asks');
  asks.send('sendraw other {"a":1}');
  await vi.waitFor(() => expect(counted('crosscomm_sent_messages_total')).toMatchObject({ mqtt: 2 }));
  expect(counted('crosscomm_received_messages_total')).toMatchObject({ mqtt: 1, oocsi: 1 });
});

it('counts clients that are online by protocol', async () => {
  const client = await oocsiClient('client');
  await Promise.all([mqttClient('sender'), mqttClient('other')]);
  expect(counted('crosscomm_online_clients')).toMatchObject({ oocsi: 1, mqtt: 2 });
  client.send('quit');
  await vi.waitFor(() => expect(counted('crosscomm_online_clients')).not.toHaveProperty('oocsi'));
});

it('counts connections by listener, those that were and those that are', async () => {
  const first = await oocsiClient('first');
  await oocsiClient('second');
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.doors.http.port}/`);
  await new Promise((resolve) => socket.once('open', resolve));
  expect(counted('crosscomm_open_connections')).toMatchObject({
    'oocsi tcp': 2,
    'mqtt tcp': 0,
    'http tcp': 1,
    'crosscomm websocket': 1,
  });
  first.socket.destroy();
  socket.terminate();
  await vi.waitFor(() =>
    expect(counted('crosscomm_open_connections')).toMatchObject({
      'oocsi tcp': 1,
      'http tcp': 0,
      'crosscomm websocket': 0,
    }),
  );
  expect(counted('crosscomm_connections_opened_total')).toMatchObject({ 'oocsi tcp': 2, 'crosscomm websocket': 1 });
});

it('counts what was refused, by its reason, and /status says the same', async () => {
  const client = await oocsiClient('client');
  client.send('sendraw nobody {"a":1}');
  await vi.waitFor(() => expect(counted('crosscomm_refused_messages_total')).toMatchObject({ no_recipient: 1 }));
  const refused = await OocsiClient.open(gateway.doors.oocsi.port, 'SERVER');
  ends.push(() => refused.socket.destroy());
  await vi.waitFor(() => expect(metrics.value('crosscomm_incidents_total', { listener: 'oocsi' })).toBe(1));
  const { incidents, counters } = await status();
  const entries = Object.entries(counted('crosscomm_incidents_total'));
  expect(incidents).toEqual(Object.fromEntries(entries));
  expect(counters.refusals).toEqual(counted('crosscomm_refused_messages_total'));
});

it('counts an upload, its bytes, and that the database was written', async () => {
  const writes = metrics.value('crosscomm_database_writes_total');
  const url = `http://127.0.0.1:${gateway.doors.http.port}/objects/a.bin?from=sender`;
  const answer = await fetch(url, { method: 'PUT', body: new Uint8Array(5000) });
  expect(answer.status).toBe(201);
  expect(metrics.value('crosscomm_uploads_begun_total')).toBe(1);
  expect(metrics.value('crosscomm_upload_received_bytes_total')).toBe(5000);
  await vi.waitFor(() => expect(metrics.value('crosscomm_uploads_stored_total')).toBe(1));
  expect(metrics.value('crosscomm_uploads_failed_total')).toBe(0);
  await vi.waitFor(() => expect(counted('crosscomm_uploads')).toMatchObject({ receiving: 0, waiting: 0, failed: 0 }));
  expect(metrics.value('crosscomm_database_writes_total')).toBeGreaterThan(writes);
  expect(metrics.value('crosscomm_database_written_bytes_total')).toBeGreaterThan(100);
});

it('shows all families with their help and unit, and no label that grows with clients or channels', async () => {
  const size = (): number => metrics.families().reduce((sum, family) => sum + family.samples().length, 0);
  const use = async (from: number, to: number): Promise<void> => {
    for (let number = from; number < to; number++) {
      const client = await oocsiClient(`client_${number}`);
      client.send(`subscribe channel_${number}`);
      client.send(`sendraw channel_${number} {"a":1}`);
      client.send(`sendraw nobody_${number} {"a":1}`);
    }
    await vi.waitFor(() => expect(counted('crosscomm_received_messages_total')).toMatchObject({ oocsi: 2 * to }));
  };
  await use(0, 2);
  const before = size();
  await use(2, 40);
  expect(size()).toBe(before);
  const told = metrics.families().map(({ name, help, unit }: Family) => {
    expect(help).toMatch(/^[A-Z].*\.$/);
    return unit === undefined ? name : `${name}: ${unit}`;
  });
  expect(told.sort()).toEqual([
    'crosscomm_behaviour_refusals_total',
    'crosscomm_behaviour_watches',
    'crosscomm_build_info',
    'crosscomm_channels',
    'crosscomm_clock_trusted',
    'crosscomm_connections_opened_total',
    'crosscomm_database_size_bytes: bytes',
    'crosscomm_database_write_failures_total',
    'crosscomm_database_writes_total',
    'crosscomm_database_written_bytes_total: bytes',
    'crosscomm_deliveries_total',
    'crosscomm_device_descriptions_total',
    'crosscomm_disk_free_bytes: bytes',
    'crosscomm_disk_size_bytes: bytes',
    'crosscomm_disk_written_bytes_total: bytes',
    'crosscomm_event_loop_delay_seconds: seconds',
    'crosscomm_firmware_updates_total',
    'crosscomm_frame_sessions',
    'crosscomm_history_bytes: bytes',
    'crosscomm_history_messages',
    'crosscomm_http_place_refusals_total',
    'crosscomm_incidents_total',
    'crosscomm_incomplete_bytes: bytes',
    'crosscomm_known_clients',
    'crosscomm_listeners',
    'crosscomm_messages_total',
    'crosscomm_mqtt_queued_bytes: bytes',
    'crosscomm_mqtt_sessions',
    'crosscomm_online_clients',
    'crosscomm_open_connections',
    'crosscomm_queue_bytes: bytes',
    'crosscomm_queue_limit_bytes: bytes',
    'crosscomm_quota_refusals_total',
    'crosscomm_quota_slowed_messages_total',
    'crosscomm_ready',
    'crosscomm_received_messages_total',
    'crosscomm_refused_messages_total',
    'crosscomm_retained_bytes: bytes',
    'crosscomm_retained_messages',
    'crosscomm_sent_messages_total',
    'crosscomm_serial_ports',
    'crosscomm_slowed_proofs_total',
    'crosscomm_spool_bytes: bytes',
    'crosscomm_upload_received_bytes_total: bytes',
    'crosscomm_uploads',
    'crosscomm_uploads_begun_total',
    'crosscomm_uploads_failed_total',
    'crosscomm_uploads_stored_total',
    'crosscomm_wrong_proofs_total',
  ]);
});
