import { connectTo, type Place } from './connection.ts';
import type { Ear, ProbeIdentity } from './probe.ts';

/** The first bytes of packets of MQTT 3.1.1. */
const CONNECT = 0x10;
const CONNACK = '\x20\x02';
const PUBLISH = 0x30;
const SUBSCRIBE = 0x82;
const SUBACK = '\x90\x03\x00\x01';
const CLEAN_SESSION = 0x02;
const USER_NAME = 0x80;
const PASSWORD = 0x40;
const KEEP_ALIVE_S = 60;
const REFUSED = 0x80;

/** Why a broker refuses a client, by the code of its CONNACK (MQTT 3.1.1, table 3.1). */
const REFUSALS = [
  '',
  'the version',
  'the client id',
  'it is not available',
  'the user name or the password',
  'it is not allowed',
];

/** Joins as a client of MQTT 3.1.1 does, with a clean session. */
export async function openMqtt(place: Place, { id, channel, account = '-', secret }: ProbeIdentity): Promise<Ear> {
  const { socket, heard } = await connectTo(place);
  const isProven = secret !== undefined;
  const flags = CLEAN_SESSION | (isProven ? USER_NAME | PASSWORD : 0);
  const head = Buffer.from([...text('MQTT'), 4, flags, 0, KEEP_ALIVE_S]);
  const proof = isProven ? [text(account), text(secret)] : [];
  socket.write(packet(CONNECT, head, text(id), ...proof));
  try {
    const code = await heard.until((all) => (all.startsWith(CONNACK) ? all.charCodeAt(CONNACK.length + 1) : undefined));
    if (code !== 0) throw new Error(`it refuses the client: ${REFUSALS[code] ?? `code ${code}`}`);
    socket.write(packet(SUBSCRIBE, Buffer.from([0, 1]), text(channel), Buffer.from([0])));
    const granted = await heard.until((all) => {
      const at = all.indexOf(SUBACK);
      return at >= 0 && all.length > at + SUBACK.length ? all.charCodeAt(at + SUBACK.length) : undefined;
    });
    if (granted === REFUSED) throw new Error('the client may not subscribe');
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return {
    send: (mark) => void socket.write(packet(PUBLISH, text(channel), Buffer.from(mark))),
    hasHeard: (mark) => heard.has(mark),
    close: () => socket.end(Buffer.from([0xe0, 0])),
  };
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 0xff]), bytes]);
}

/** A packet that is shorter than 16,384 bytes. */
function packet(type: number, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7];
  return Buffer.concat([Buffer.from([type, ...length]), body]);
}
