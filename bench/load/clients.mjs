import { credentialsOf } from '../subjects/accounts.mjs';
import { CrossCommClient } from './crosscomm.mjs';
import { MqttClient } from './mqtt.mjs';
import { OocsiClient } from './oocsi.mjs';
import { OocsiWebSocketClient } from './oocsi-websocket.mjs';
import { OscClient } from './osc.mjs';
import { SerialClient } from './serial.mjs';

/** @import { Client, Taker, Target } from '../types.ts' */

/** @type {Record<string, new (id: string, receiver: Taker) => Client>} */
const KINDS = {
  oocsi: OocsiClient,
  'oocsi-ws': OocsiWebSocketClient,
  crosscomm: CrossCommClient,
  mqtt: MqttClient,
  osc: OscClient,
  serial: SerialClient,
};

let joined = 0;

/**
 * Connects one client and joins, with the credentials of the next account where there are accounts.
 * @param {Target} target where, and for a serial device its name
 * @param {string} id
 * @param {Taker} receiver
 */
export async function openClient(target, id, receiver) {
  const Kind = KINDS[target.protocol];
  if (Kind === undefined) throw new Error(`there is no client of ${target.protocol}`);
  const credentials = target.accounts === undefined ? undefined : credentialsOf(joined++ % target.accounts);
  // By OOCSI, a secret belongs to a name that the account owns.
  const owned = credentials && target.protocol === 'oocsi' ? `${credentials.name}-${id}` : id;
  const client = new Kind(target.name ?? owned, receiver);
  await client.open(target, credentials);
  return client;
}
