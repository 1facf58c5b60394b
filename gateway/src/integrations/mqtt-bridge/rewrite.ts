import { variableBytes, writeShort, writeVariable } from '../../mqtt-engine/codec/put.ts';
import { readVariable } from './broker-packets.ts';
import type { BridgeVersion } from './client-packets.ts';
import type { TopicMap } from './topic-map.ts';

/** How messages change on their way in one direction. */
export interface RewriteOptions {
  readonly from: BridgeVersion;
  readonly to: BridgeVersion;
  readonly topics: TopicMap;
  /** The mark of being retained stays. */
  readonly keepsRetain: boolean;
  /** A user property, as it is in a packet, that is put to each message of MQTT 5; undefined: none. */
  readonly mark?: Buffer | undefined;
  /** The same property of messages that are not let through: they have been here before. */
  readonly stops?: Buffer | undefined;
}

/** A message that no rule of the configuration is about, or that has come back. */
export type Stopped = 'unmapped' | 'returned';

const NOTHING = Buffer.alloc(0);
const RETAIN = 1;

/**
 * Makes of the PUBLISH of one broker that of the other: topics get other names, properties come and go with the version, and a mark says where
 * the message has been. The packet id and the payload stay.
 */
export class Rewrite {
  readonly #options: RewriteOptions;
  /** Packets pass as they are, but for the mark of being retained. */
  readonly #isPlain: boolean;

  constructor(options: RewriteOptions) {
    this.#options = options;
    const { from, to, topics, mark, stops } = options;
    this.#isPlain = from === to && topics.isSame && mark === undefined && stops === undefined;
  }

  /** How many bytes longer a packet may become. */
  get growth(): number {
    const { topics, mark } = this.#options;
    return topics.growth + (mark?.length ?? 0) + 8;
  }

  /** `body`: where the body of the packet begins. Throws a RangeError where it is no PUBLISH. */
  apply(packet: Buffer, body: number): Buffer | Stopped {
    const { from, to, topics, keepsRetain, mark, stops } = this.#options;
    const first = packet[0] as number;
    if (this.#isPlain) {
      if (!keepsRetain && (first & RETAIN) === RETAIN) packet[0] = first & ~RETAIN;
      return packet;
    }
    const topicBegin = body + 2;
    const topicEnd = topicBegin + packet.readUInt16BE(body);
    const idBytes = (first & 6) === 0 ? 0 : 2;
    const afterId = topicEnd + idBytes;
    if (afterId > packet.length) throw new RangeError('a PUBLISH ends before its topic does');
    let topic: Buffer | undefined = packet.subarray(topicBegin, topicEnd);
    // Where the topic is empty, a topic alias stands for one that was told before.
    if (!topics.isSame && topic.length > 0) topic = topics.get(topic);
    if (topic === undefined) return 'unmapped';
    let [propertyBytes, propertiesBegin] = from === 5 ? readVariable(packet, afterId) : [0, afterId];
    const payloadBegin = propertiesBegin + propertyBytes;
    if (payloadBegin > packet.length) throw new RangeError('a PUBLISH ends before its properties do');
    if (stops !== undefined && propertyBytes >= stops.length) {
      const at = packet.indexOf(stops, propertiesBegin);
      if (at >= 0 && at + stops.length <= payloadBegin) return 'returned';
    }
    if (to === 4) propertyBytes = 0;
    const added = to === 5 ? (mark ?? NOTHING) : NOTHING;
    const allPropertyBytes = propertyBytes + added.length;
    const payloadBytes = packet.length - payloadBegin;
    const lengthBytes = to === 5 ? variableBytes(allPropertyBytes) : 0;
    const length = 2 + topic.length + idBytes + lengthBytes + allPropertyBytes + payloadBytes;
    const made = Buffer.allocUnsafe(1 + variableBytes(length) + length);
    made[0] = keepsRetain ? first : first & ~RETAIN;
    let at = writeShort(made, writeVariable(made, 1, length), topic.length);
    made.set(topic, at);
    at += topic.length;
    if (idBytes > 0) {
      made[at++] = packet[topicEnd] as number;
      made[at++] = packet[topicEnd + 1] as number;
    }
    if (to === 5) {
      at = writeVariable(made, at, allPropertyBytes);
      at += packet.copy(made, at, propertiesBegin, propertiesBegin + propertyBytes);
      made.set(added, at);
      at += added.length;
    }
    packet.copy(made, at, payloadBegin);
    return made;
  }
}

/** The packet id of a PUBLISH of QoS 1 or 2. */
export function publishId(packet: Buffer, body: number): number {
  return packet.readUInt16BE(body + 2 + packet.readUInt16BE(body));
}
