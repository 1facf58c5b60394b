import type { QoS } from '../../mqtt-engine/codec/packets.ts';
import { PROPERTY } from '../../mqtt-engine/codec/property-ids.ts';
import type { BridgeVersion } from './client-packets.ts';

/** What a broker answers to a CONNECT. What it does not say is what the specification takes then. */
export interface Connack {
  readonly sessionPresent: boolean;
  /** 0: it lets the bridge in; else a return code of MQTT 3.1.1, or a reason code of MQTT 5. */
  readonly code: number;
  readonly reasonString: string | undefined;
  readonly receiveMaximum: number;
  readonly maxPacketBytes: number | undefined;
  readonly topicAliasMaximum: number;
  readonly maximumQos: QoS;
  readonly isRetainAvailable: boolean;
  readonly serverKeepAliveS: number | undefined;
}

/** How long the value of a property is: a number of bytes; -1: a text or bytes with their length; -2: two of them; -3: a variable number. */
const LENGTHS: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 4, 3: -1, 8: -1, 9: -1, 11: -3, 17: 4, 18: -1, 19: 2, 21: -1, 22: -1, 23: 1, 24: 4, 25: 1, 26: -1 },
  ...{ 28: -1, 31: -1, 33: 2, 34: 2, 35: 2, 36: 1, 37: 1, 38: -2, 39: 4, 40: 1, 41: 1, 42: 1 },
};

/** Reads a CONNACK (section 3.2). Throws a RangeError where it is none. */
export function readConnack(version: BridgeVersion, packet: Buffer, body: number): Connack {
  const code = packet.readUInt8(body + 1);
  const found = version === 5 && packet.length > body + 2 ? readProperties(packet, body + 2) : NONE;
  const number = (id: number): number | undefined => found.get(id)?.number;
  return {
    sessionPresent: (packet.readUInt8(body) & 1) === 1,
    code,
    reasonString: found.get(PROPERTY.reasonString)?.text,
    receiveMaximum: number(PROPERTY.receiveMaximum) ?? 65_535,
    maxPacketBytes: number(PROPERTY.maximumPacketSize),
    topicAliasMaximum: number(PROPERTY.topicAliasMaximum) ?? 0,
    maximumQos: (number(PROPERTY.maximumQos) ?? 2) as QoS,
    isRetainAvailable: number(PROPERTY.retainAvailable) !== 0,
    serverKeepAliveS: number(PROPERTY.serverKeepAlive),
  };
}

/** Reads the codes of a SUBACK (section 3.9), one for each filter; from 0x80 on: it was refused. */
export function readSuback(version: BridgeVersion, packet: Buffer, body: number): readonly number[] {
  let at = body + 2;
  if (version === 5) {
    const [length, begin] = readVariable(packet, at);
    at = begin + length;
  }
  return [...packet.subarray(at)];
}

/** Reads a DISCONNECT of a broker (section 3.14). */
export function readDisconnect(packet: Buffer, body: number): { code: number; reasonString: string | undefined } {
  if (packet.length <= body) return { code: 0, reasonString: undefined };
  const found = packet.length > body + 1 ? readProperties(packet, body + 1) : NONE;
  return { code: packet.readUInt8(body), reasonString: found.get(PROPERTY.reasonString)?.text };
}

/** The reason code of an acknowledgement; 0 where it has none. */
export function reasonOf(packet: Buffer, body: number): number {
  return packet.length > body + 2 ? (packet[body + 2] as number) : 0;
}

interface Value {
  readonly number?: number;
  readonly text?: string;
}

const NONE: ReadonlyMap<number, Value> = new Map();

function readProperties(packet: Buffer, begin: number): ReadonlyMap<number, Value> {
  const found = new Map<number, Value>();
  const [length, first] = readVariable(packet, begin);
  const end = first + length;
  let at = first;
  while (at < end) {
    const id = packet.readUInt8(at++);
    const kind = LENGTHS[id];
    if (kind === undefined) throw new RangeError(`a property has the unknown identifier ${id}`);
    if (kind > 0) {
      found.set(id, { number: packet.readUIntBE(at, kind) });
      at += kind;
    } else if (kind === -3) at = readVariable(packet, at)[1];
    else {
      for (let texts = -kind; texts > 0; texts--) {
        const bytes = packet.readUInt16BE(at);
        found.set(id, { text: packet.toString('utf8', at + 2, at + 2 + bytes) });
        at += 2 + bytes;
      }
    }
  }
  return found;
}

/** A variable byte integer (section 1.5.5), and where it ends. */
export function readVariable(packet: Buffer, begin: number): [value: number, end: number] {
  let value = 0;
  let at = begin;
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = packet.readUInt8(at++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return [value, at];
  }
  throw new RangeError('a length has more than four bytes');
}
