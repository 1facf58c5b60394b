import type { QoS } from '../../mqtt-engine/codec/packets.ts';
import { variableBytes, writeVariable } from '../../mqtt-engine/codec/put.ts';
import { acknowledgement } from '../../mqtt-engine/codec/write.ts';
import { publishId } from './rewrite.ts';

const QOS_BITS = 6;
const DUP = 8;

/**
 * Sends messages by a lower QoS to a broker that does not take theirs, and answers in its place what the QoS of the message has beyond that.
 */
export class LesserQos {
  readonly #most: QoS;
  /** Answers in the name of the broker. */
  readonly #answer: (packet: Buffer) => void;
  /** The packet ids of those of QoS 2 that are under way. */
  readonly #ids = new Set<number>();

  constructor(most: QoS, answer: (packet: Buffer) => void) {
    this.#most = most;
    this.#answer = answer;
  }

  /** The PUBLISH as the broker takes it. */
  lower(packet: Buffer, body: number): Buffer {
    const first = packet[0] as number;
    const qos = (first & QOS_BITS) >> 1;
    if (qos <= this.#most) return packet;
    const id = publishId(packet, body);
    if (qos === 2) this.#ids.add(id);
    if (this.#most === 1) {
      packet[0] = (first & ~QOS_BITS) | 2;
      return packet;
    }
    this.#answer(acknowledgement(qos === 1 ? 'puback' : 'pubrec', id, 5));
    return withoutId(packet, body);
  }

  /** An acknowledgement of the broker's. True: it was of a message that was sent by a lower QoS, and was answered. */
  acknowledged(first: number, id: number): boolean {
    if (this.#ids.size === 0 || first >> 4 !== 4 || !this.#ids.has(id)) return false;
    this.#answer(acknowledgement('pubrec', id, 5));
    return true;
  }

  /** A PUBREL for the broker. True: it was answered in its place. */
  released(id: number): boolean {
    if (this.#ids.size === 0 || !this.#ids.delete(id)) return false;
    this.#answer(acknowledgement('pubcomp', id, 5));
    return true;
  }
}

function withoutId(packet: Buffer, body: number): Buffer {
  const idAt = body + 2 + packet.readUInt16BE(body);
  const length = packet.length - body - 2;
  const made = Buffer.allocUnsafe(1 + variableBytes(length) + length);
  made[0] = (packet[0] as number) & ~(QOS_BITS | DUP);
  let at = writeVariable(made, 1, length);
  at += packet.copy(made, at, body, idAt);
  packet.copy(made, at, idAt + 2);
  return made;
}
