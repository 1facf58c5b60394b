import type { Duplex } from 'node:stream';
import type { Clock } from '../../common/clock.ts';
import type { Counter } from '../../common/metrics.ts';
import type { BridgeConfig } from '../../config/bridges.ts';
import { acknowledgement, encodePublish } from '../../mqtt-engine/codec/write.ts';
import { Answers, CONNACK, PUBACK, SUBACK, UNSUBACK } from './answers.ts';
import { type Connack, readConnack, readDisconnect, readSuback, reasonOf } from './broker-packets.ts';
import {
  type BridgeVersion,
  connect,
  DISCONNECT,
  PINGREQ,
  type Request,
  subscribe,
  unsubscribe,
} from './client-packets.ts';
import { BridgeFault, faultOf, refusal } from './faults.ts';
import { LesserQos } from './lesser-qos.ts';
import { type LocalIdentity, LocalSide } from './local-side.ts';
import { Pace } from './pace.ts';
import { PacketStream } from './packet-stream.ts';
import { publishId, Rewrite } from './rewrite.ts';
import type { TopicMap } from './topic-map.ts';

export interface LinkCounts {
  readonly sent: Counter;
  readonly received: Counter;
  /** What the other broker did not take, and what came from it and was not let through. */
  readonly refused: Counter;
  readonly dropped: Counter;
}

export interface LinkParts {
  readonly config: BridgeConfig;
  readonly clock: Clock;
  readonly local: LocalIdentity;
  readonly clientId: string;
  readonly password: string | undefined;
  readonly topics: { readonly out: TopicMap; readonly in: TopicMap };
  /** The user property by which this gateway knows what it has sent. */
  readonly mark: Buffer;
  /** The longest packet that is taken here. */
  readonly maxPacketBytes: number;
  readonly counts: LinkCounts;
  /** The other broker did not take a message, or sent one that cannot be taken; `what`: a sentence about it, without its end. */
  refused(what: string): void;
  /** The connection is over; called once, after `open` has resolved. */
  over(fault: BridgeFault): void;
}

/** What is asked of the other broker on a new connection. */
export interface LinkRequest {
  /** The other broker is to forget what it knows of the bridge. */
  readonly cleanStart: boolean;
  /** Of MQTT 3.1.1: says that it is a bridge. */
  readonly isBridge: boolean;
  /** What is to be subscribed to there where the broker does not know the bridge; where it does, `isNew` says whether these are others than before. */
  readonly requests: readonly Request[];
  readonly isNew: boolean;
  /** What it is subscribed to there, and is not wanted any more. */
  readonly stale: readonly string[];
  /** What is subscribed to here again, to be sent what is retained, where the other broker does not know the bridge. */
  readonly retained: readonly Request[];
}

/** How long the other broker has to answer. */
const ANSWER_MS = 10_000;
/** How long it keeps the bridge's session, at most, in seconds. */
const SESSION_S = 7 * 86_400;
/** As many messages of QoS 1 and 2 as the gateway takes of one client, and as are sent at most. */
const RECEIVE_MAXIMUM = 1000;
/** What brokers of MQTT 3.1.1 take as a rule: mosquitto drops more than 20 of QoS 2. */
const WINDOW_4 = 20;
/** Of requests of our own; no message is under way then. */
const OWN_ID = 65_535;
const MAX_FILTERS = 50;
const QOS_BITS = 6;

/** One connection to another broker, and that of the bridge to the gateway's own: what comes from one goes to the other. */
export class Link {
  readonly #parts: LinkParts;
  readonly #version: BridgeVersion;
  readonly #remote: PacketStream;
  readonly #answers = new Answers();
  readonly #inward: Rewrite;
  readonly #pace: Pace;
  #outward: Rewrite | undefined;
  #lesser: LesserQos | undefined;
  #local: LocalSide | undefined;
  /** What came before the bridge was let in here. */
  #early: [first: number, packet: Buffer, body: number][] = [];
  /** How many messages of QoS 1 and 2 the other broker has not acknowledged. */
  #unacknowledged = 0;
  #wasHeard = true;
  #isOpen = false;
  #isOver = false;
  #said: BridgeFault | undefined;
  #stopPings: (() => void) | undefined;

  constructor(stream: Duplex, parts: LinkParts) {
    this.#parts = parts;
    const { config, clock, local, topics, mark } = parts;
    const version = config.protocolVersion;
    this.#version = version;
    const stops = version === 5 ? mark : undefined;
    this.#inward = new Rewrite({ from: version, to: 5, topics: topics.in, keepsRetain: config.retained, stops });
    this.#pace = new Pace({
      clock,
      perS: config.catchUpPerS,
      behind: () => local.port.waiting(local.id).count - this.#unacknowledged,
      send: (packet, body) => this.#send(packet, body),
      full: () => this.#local?.pause(),
      drained: () => this.#local?.resume(),
    });
    this.#remote = new PacketStream(stream, {
      take: (first, packet, body) => this.#fromRemote(first, packet, body),
      over: (error) => this.#end(this.#said ?? faultOf(error)),
      full: () => this.#local?.pause(),
      drained: () => this.#local?.resume(),
    });
  }

  get isCatchingUp(): boolean {
    return this.#pace.isCatchingUp;
  }

  /** Comes in at both brokers and subscribes. Returns what the other broker answered; rejects with a BridgeFault. */
  async open(request: LinkRequest): Promise<Connack> {
    const cancel = this.#parts.clock.after(ANSWER_MS, () =>
      this.#end(new BridgeFault('unreachable', 'it does not answer')),
    );
    try {
      const connack = await this.#introduce(request);
      if (!connack.sessionPresent) this.#parts.local.port.forgetReceived(this.#parts.local.id);
      const local = await this.#openLocal(connack);
      await this.#askRemote(request, connack);
      await this.#tellStatus('online');
      this.#beginPings(connack.serverKeepAliveS ?? this.#parts.config.keepAliveS);
      if (!connack.sessionPresent) await local.subscribe(request.retained);
      this.#isOpen = true;
      this.#pace.open();
      return connack;
    } catch (error) {
      const fault = this.#said ?? faultOf(error as Error);
      this.#end(fault);
      throw fault;
    } finally {
      cancel();
    }
  }

  /** Says goodbye on both sides. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { statusTopic } = this.#parts.config;
    if (statusTopic !== undefined && this.#isOpen) this.#remote.write(this.#statusPacket(statusTopic, 'offline', 0));
    this.#remote.write(DISCONNECT);
    this.#remote.close();
    this.#finish(new BridgeFault('unreachable', 'the bridge was ended'));
  }

  async #introduce({ cleanStart, isBridge }: LinkRequest): Promise<Connack> {
    const { config, clientId, password, maxPacketBytes } = this.#parts;
    const { username, keepAliveS, statusTopic } = config;
    const version = this.#version;
    this.#remote.write(
      connect({
        ...{ version, isBridge, clientId, cleanStart, keepAliveS, username, password },
        will: statusTopic === undefined ? undefined : { topic: statusTopic, payload: 'offline' },
        ...{ sessionExpiryS: SESSION_S, receiveMaximum: RECEIVE_MAXIMUM, topicAliasMaximum: 0 },
        maxPacketBytes: maxPacketBytes - this.#inward.growth,
      }),
    );
    const { packet, body } = await this.#answers.wait(CONNACK);
    const connack = readConnack(version, packet, body);
    if (connack.code !== 0) throw refusal(connack.code, connack.reasonString);
    return connack;
  }

  async #openLocal(connack: Connack): Promise<LocalSide> {
    const { config, topics, mark, local } = this.#parts;
    const version = this.#version;
    const { maxPacketBytes, topicAliasMaximum, receiveMaximum, maximumQos, isRetainAvailable } = connack;
    const hasMark = version === 5;
    const outward = new Rewrite({
      ...{ from: 5, to: version, topics: topics.out, keepsRetain: config.retained && isRetainAvailable },
      mark: hasMark ? mark : undefined,
    });
    this.#outward = outward;
    const takes = {
      receiveMaximum: Math.min(receiveMaximum, version === 5 ? RECEIVE_MAXIMUM : WINDOW_4),
      maxPacketBytes: maxPacketBytes && Math.max(1, maxPacketBytes - outward.growth),
      topicAliasMaximum,
    };
    const side = await LocalSide.open(local, takes, {
      take: (first, packet, body) => this.#fromLocal(first, packet, body),
      over: (error) => this.#end(faultOf(error)),
      full: () => this.#remote.pause(),
      drained: () => this.#remote.resume(),
    });
    this.#lesser = new LesserQos(maximumQos, (packet) => side.write(packet));
    this.#local = side;
    const early = this.#early;
    this.#early = [];
    for (const [first, packet, body] of early) this.#fromRemote(first, packet, body);
    return side;
  }

  async #askRemote({ requests, stale, isNew }: LinkRequest, { sessionPresent }: Connack): Promise<void> {
    const version = this.#version;
    if (sessionPresent && stale.length > 0) {
      this.#remote.write(unsubscribe(version, OWN_ID, stale));
      await this.#answers.wait(UNSUBACK, OWN_ID);
    }
    // What is retained would come again to who is known there already.
    if (sessionPresent && !isNew) return;
    for (let at = 0; at < requests.length; at += MAX_FILTERS) {
      const part = requests.slice(at, at + MAX_FILTERS);
      this.#remote.write(subscribe(version, OWN_ID, part));
      const { packet, body } = await this.#answers.wait(SUBACK, OWN_ID);
      for (const [index, code] of readSuback(version, packet, body).entries()) {
        if (code >= 0x80) this.#parts.refused(`may not subscribe to ${part[index]?.filter} there`);
      }
    }
  }

  async #tellStatus(word: string): Promise<void> {
    const { statusTopic } = this.#parts.config;
    if (statusTopic === undefined) return;
    this.#remote.write(this.#statusPacket(statusTopic, word, 1));
    const { packet, body } = await this.#answers.wait(PUBACK, OWN_ID);
    if (reasonOf(packet, body) >= 0x80) this.#parts.refused(`may not tell its state at ${statusTopic} there`);
  }

  #statusPacket(topic: string, word: string, qos: 0 | 1): Buffer {
    const payload = Buffer.from(word);
    return encodePublish({ version: this.#version, topic, payload, qos, retain: true, dup: false, id: OWN_ID });
  }

  #beginPings(keepAliveS: number): void {
    if (keepAliveS === 0) return;
    this.#stopPings = this.#parts.clock.every(keepAliveS * 500, () => {
      if (!this.#wasHeard) {
        this.#end(new BridgeFault('unreachable', 'it was silent for too long'));
        return;
      }
      this.#wasHeard = false;
      this.#remote.write(PINGREQ);
    });
  }

  #fromRemote(first: number, packet: Buffer, body: number): void {
    this.#wasHeard = true;
    switch (first >> 4) {
      case 3:
        if (this.#local === undefined) this.#early.push([first, packet, body]);
        else this.#receive(packet, body, this.#local);
        break;
      case 4:
      case 5:
      case 7:
        if (this.#answers.take(first, packet, body)) break;
        this.#acknowledged(first, packet, body);
        break;
      case 6:
        if (this.#local === undefined) this.#early.push([first, packet, body]);
        else this.#local.write(packet);
        break;
      case 14: {
        const { code, reasonString } = readDisconnect(packet, body);
        this.#said = refusal(code, reasonString);
        break;
      }
      default:
        this.#answers.take(first, packet, body);
    }
  }

  #receive(packet: Buffer, body: number, local: LocalSide): void {
    const { counts, maxPacketBytes } = this.#parts;
    const made = this.#inward.apply(packet, body);
    if (typeof made !== 'string' && made.length <= maxPacketBytes) {
      counts.received.value++;
      local.write(made);
      return;
    }
    counts.dropped.value++;
    if (typeof made !== 'string')
      this.#parts.refused(`was sent a message of ${packet.length} bytes, which is too long`);
    const qos = ((packet[0] as number) & QOS_BITS) >> 1;
    if (qos === 0) return;
    const kind = qos === 1 ? 'puback' : 'pubrec';
    this.#remote.write(acknowledgement(kind, publishId(packet, body), this.#version));
  }

  #acknowledged(first: number, packet: Buffer, body: number): void {
    const reason = reasonOf(packet, body);
    const isEnd = first >> 4 !== 5 || reason >= 0x80;
    if (isEnd && this.#unacknowledged > 0) this.#unacknowledged--;
    if (reason >= 0x80) {
      this.#parts.counts.refused.value++;
      this.#parts.refused(`sent a message that was not taken there: ${refusal(reason, undefined).message}`);
    }
    if (this.#lesser?.acknowledged(first, packet.readUInt16BE(body))) return;
    this.#local?.write(packet);
  }

  #fromLocal(first: number, packet: Buffer, body: number): void {
    const type = first >> 4;
    if (type === 3) {
      const made = this.#outward?.apply(packet, body);
      if (made === undefined || typeof made === 'string') this.#parts.counts.dropped.value++;
      else this.#pace.add(made, bodyOf(made));
      return;
    }
    if (type < 4 || type > 7) return;
    if (type === 6 && this.#lesser?.released(packet.readUInt16BE(body))) return;
    // Acknowledgements of MQTT 3.1.1 have no reason.
    this.#remote.write(this.#version === 4 && packet.length > 4 ? shortened(packet, body) : packet);
  }

  #send(packet: Buffer, body: number): void {
    this.#parts.counts.sent.value++;
    const made = this.#lesser === undefined ? packet : this.#lesser.lower(packet, body);
    if (((made[0] as number) & QOS_BITS) !== 0) this.#unacknowledged++;
    this.#remote.write(made);
  }

  #end(fault: BridgeFault): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#finish(fault);
    this.#remote.end(fault);
    if (this.#isOpen) this.#parts.over(fault);
  }

  #finish(fault: BridgeFault): void {
    this.#stopPings?.();
    this.#pace.close();
    this.#answers.fail(fault);
    this.#local?.close();
    this.#early = [];
  }
}

/** Where the body of a packet that was made here begins. */
function bodyOf(packet: Buffer): number {
  let at = 1;
  while ((packet[at] as number) >= 0x80) at++;
  return at + 1;
}

function shortened(packet: Buffer, body: number): Buffer {
  return Buffer.from([packet[0] as number, 2, packet[body] as number, packet[body + 1] as number]);
}
