import { CrossCommClient } from './crosscomm.mjs';
import { MqttClient } from './mqtt.mjs';
import { OocsiClient } from './oocsi.mjs';
import { OocsiWebSocketClient } from './oocsi-websocket.mjs';
import { SerialClient } from './serial.mjs';

const KINDS = {
  oocsi: OocsiClient,
  'oocsi-ws': OocsiWebSocketClient,
  crosscomm: CrossCommClient,
  mqtt: MqttClient,
  serial: SerialClient,
};

/**
 * Connects one client and joins.
 * @param {{ protocol: string, host?: string, port?: number, path?: string, name?: string }} target where, and for a
 *   serial device its name
 */
export async function openClient(target, id, receiver) {
  const client = new KINDS[target.protocol](target.name ?? id, receiver);
  await client.open(target);
  return client;
}
