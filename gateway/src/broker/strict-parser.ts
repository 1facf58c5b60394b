import { isUtf8 } from 'node:buffer';
import { hasUnfitCharacter } from '../common/names.ts';
import type { BrokerClient } from './aedes.ts';
import { filterFault } from './topics.ts';

/** A packet as mqtt-packet hands it over: what MQTT 3.1.1 asks a server to look at. */
interface ParsedPacket {
  cmd: string;
  qos?: number;
  dup?: boolean;
  messageId?: number;
  topic?: string;
  subscriptions?: { topic: string; qos: number }[];
  unsubscriptions?: string[];
  username?: string;
  password?: Buffer;
  will?: { topic: string };
}

/** The parts of mqtt-packet's parser that are used here. */
export interface PacketParser {
  parse(chunk: Buffer): number;
  on(event: 'packet', listener: (packet: ParsedPacket) => void): void;
  prependListener(event: 'error', listener: (error: Error) => void): void;
  listeners(event: 'packet'): ((this: PacketParser, packet: ParsedPacket) => void)[];
  removeAllListeners(event: 'packet'): void;
  _parseString(): string | null;
  _list: { slice(begin: number, end: number): Buffer };
  _pos: number;
}

/** What a decoder puts in the place of bytes that are no UTF-8; it may have been sent as well. */
const REPLACEMENT = '\ufffd';
/** What mqtt-packet says of a protocol level that it does not know. */
export const BAD_LEVEL = 'Invalid protocol version';
/** CONNACK: unacceptable protocol level (MQTT 3.1.1, section 3.2.2.3). */
const CONNACK_BAD_LEVEL = Buffer.from([0x20, 2, 0, 1]);

/**
 * Makes a client's parser as strict as MQTT 3.1.1 is, where mqtt-packet and aedes let pass what ends a connection. An exception
 * in it, or in what it calls, ends that connection alone.
 */
export function beStrict(client: BrokerClient): void {
  const parser = client._parser;
  // aedes' listener ends the connection.
  parser.prependListener('error', ({ message }) => {
    if (message === BAD_LEVEL) client.conn.write(CONNACK_BAD_LEVEL);
  });
  const parse = parser.parse.bind(parser);
  parser.parse = (chunk) => {
    try {
      return parse(chunk);
    } catch (error) {
      client.emit('error', error instanceof Error ? error : new Error(String(error)));
      return 0;
    }
  };
  const parseString = parser._parseString.bind(parser);
  parser._parseString = () => {
    const begin = parser._pos + 2;
    const text = parseString();
    // MQTT-1.5.3-1
    if (text?.includes(REPLACEMENT) && !isUtf8(parser._list.slice(begin, parser._pos))) {
      throw new Error('a string is not valid UTF-8');
    }
    return text;
  };
  const [enqueue] = parser.listeners('packet');
  parser.removeAllListeners('packet');
  parser.on('packet', (packet) => {
    const fault = packetFault(packet);
    if (fault !== undefined) throw new Error(fault);
    if (packet.subscriptions) keepTwins(packet, packet.subscriptions);
    enqueue?.call(parser, packet);
  });
}

/** Why MQTT 3.1.1 has the connection end; undefined where it does not. */
function packetFault(packet: ParsedPacket): string | undefined {
  const { cmd, messageId } = packet;
  // MQTT-2.3.1-1
  if (messageId === 0) return 'a packet has the packet id 0';
  switch (cmd) {
    case 'publish':
      // MQTT-3.3.1-2
      if (packet.dup && packet.qos === 0) return 'a message of QoS 0 is marked as a duplicate';
      return unfit('topic', packet.topic);
    case 'connect':
      // MQTT-3.1.2-22
      if (packet.password !== undefined && packet.username === undefined) {
        return 'there is a password without a user name';
      }
      return unfit('topic of the last will', packet.will?.topic);
    case 'subscribe':
      return firstFault(packet.subscriptions?.map(({ topic }) => topic));
    case 'unsubscribe':
      return firstFault(packet.unsubscriptions);
    default:
      return undefined;
  }
}

function unfit(what: string, name = ''): string | undefined {
  return hasUnfitCharacter(name) ? `the ${what} has a control character, or one that is none` : undefined;
}

/** MQTT-3.8.3-3, MQTT-3.10.3-2 and section 4.7 */
function firstFault(filters: readonly string[] = []): string | undefined {
  if (filters.length === 0) return 'there is no topic filter';
  for (const filter of filters) {
    const fault = filterFault(filter) ?? unfit('topic filter', filter);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/**
 * A filter that a SUBSCRIBE has twice gets a return code for each (MQTT-3.9.3-1). aedes puts another list into the packet's
 * place, without twins, and answers for that one; here the list stays.
 */
function keepTwins(packet: ParsedPacket, subscriptions: { topic: string; qos: number }[]): void {
  Object.defineProperty(packet, 'subscriptions', { get: () => subscriptions, set: () => {}, enumerable: true });
}
