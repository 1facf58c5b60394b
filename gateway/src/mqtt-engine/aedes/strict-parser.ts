import { isUtf8 } from 'node:buffer';
import { hasUnfitCharacter } from '../../common/names.ts';
import { filterFault } from '../topic-names.ts';
import { BAD_LEVEL } from './faults.ts';
import type { PacketParser, ParsedPacket } from './private.ts';

/** What a decoder puts in the place of bytes that are no UTF-8; it may have been sent as well. */
const REPLACEMENT = '\ufffd';
/** CONNACK: unacceptable protocol level (MQTT 3.1.1, section 3.2.2.3). */
const CONNACK_BAD_LEVEL = Buffer.from([0x20, 2, 0, 1]);

type Overrides = Partial<PacketParser>;

/** What all parsers share. */
let overrides: Overrides | undefined;

/**
 * Makes a client's parser as strict as MQTT 3.1.1 is, where mqtt-packet and aedes let pass what ends a connection. An exception
 * in it, or in what it calls, ends that connection alone.
 */
export function beStrict(parser: PacketParser): void {
  overrides ??= strictMethods(Object.getPrototypeOf(parser) as PacketParser);
  // Another prototype in its place would cost each parser half a kilobyte.
  Object.assign(parser, overrides);
}

function strictMethods(base: PacketParser): Overrides {
  const methods: ThisType<PacketParser> & Overrides = {
    parse(chunk) {
      try {
        return base.parse.call(this, chunk);
      } catch (error) {
        this.client.emit('error', error instanceof Error ? error : new Error(String(error)));
        return 0;
      }
    },
    _parseString() {
      const begin = this._pos + 2;
      const text = base._parseString.call(this);
      // MQTT-1.5.3-1
      if (text?.includes(REPLACEMENT) && !isUtf8(this._list.slice(begin, this._pos))) {
        throw new Error('a string is not valid UTF-8');
      }
      return text;
    },
    _newPacket() {
      const { packet } = this;
      const fault = packetFault(packet);
      if (fault !== undefined) throw new Error(fault);
      if (packet.subscriptions) keepTwins(packet, packet.subscriptions);
      return base._newPacket.call(this);
    },
    _emitError(error) {
      // What aedes does then ends the connection.
      if (error.message === BAD_LEVEL) this.client.conn.write(CONNACK_BAD_LEVEL);
      base._emitError.call(this, error);
    },
  };
  return methods;
}

/** Why MQTT 3.1.1 has the connection end; undefined where it does not. */
function packetFault(packet: ParsedPacket): string | undefined {
  const { cmd, messageId } = packet;
  // MQTT-2.3.1-1; mqtt-packet says -1 where it is cut off
  if (typeof messageId === 'number' && messageId < 1) return 'a packet has the packet id 0, or none';
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
      // MQTT-3.1.2-14
      if (packet.will && packet.will.qos > 2) return 'the last will has a QoS above 2';
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
