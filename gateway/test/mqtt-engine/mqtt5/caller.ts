import { parser } from 'mqtt-packet';
import { PacketFault } from '../../../src/mqtt-engine/codec/packet-fault.ts';
import type { ConnectPacket, Packet, PublishPacket, Version } from '../../../src/mqtt-engine/codec/packets.ts';
import { PacketReader } from '../../../src/mqtt-engine/codec/reader.ts';
import { type Got, readPacket } from '../conformance/packets.ts';
import type { Ledger } from './ledger.ts';
import { Line, type LineEnd } from './line.ts';
import { type SessionModel, type Speaker, tokenOf, Violation } from './parties.ts';
import { MAX_PACKET_BYTES, type World } from './world.ts';

/** A message of QoS 1 or 2 that came, and is not at its end. */
interface Open {
  readonly qos: number;
  readonly token: string;
  isConfirmed: boolean;
}

/** What is to come for what was sent, by the kind of what was sent. */
const ANSWERS = { pubrel: 'pubcomp', subscribe: 'suback', unsubscribe: 'unsuback', pingreq: 'pingresp' } as const;

/**
 * One connection, as both ends see it: what was sent, as the gateway reads it, and what came, as a strict client reads it, which sees to
 * what holds for every connection.
 */
export class Caller implements LineEnd, Speaker {
  readonly number: number;
  readonly peer: string;
  readonly line: Line;
  readonly #world: World;
  readonly #ledger: Ledger;
  readonly #reader = new PacketReader({ maxPacketBytes: MAX_PACKET_BYTES });
  #theirs: ReturnType<typeof parser> | undefined;
  #theirKinds: string[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  /** What it has sent last, and what it was sent last. */
  lastSaid = 'nothing';
  #last: Got | undefined;
  id = '';
  connect: ConnectPacket | undefined;
  connack: Got | undefined;
  session: SessionModel | undefined;
  /** What it has sent that no client may send. */
  fault: PacketFault | undefined;
  hasSaidGoodbye = false;
  /** This end has closed or cut the connection. */
  hasGone = false;
  /** The gateway has. */
  isOver = false;
  readonly open = new Map<number, Open>();
  /** The ids of messages of QoS 2 that it may release. */
  readonly toRelease: number[] = [];
  /** Packet ids that it has acknowledged though there was nothing under way. */
  readonly #strays = new Set<number>();
  readonly #topics = new Map<number, string>();
  readonly #sentTopics = new Map<number, string>();
  readonly #asked = new Map<string, number>();
  /** The last messages of QoS 1 that it has sent under each packet id, and how often each message came. */
  readonly #tokens = new Map<number, string>();
  readonly #came = new Map<string, number>();
  /** Messages that it has acknowledged to their end. */
  readonly acknowledged: string[] = [];

  constructor(number: number, world: World, ledger: Ledger) {
    this.number = number;
    this.peer = `10.0.0.1:${number}`;
    this.#world = world;
    this.#ledger = ledger;
    this.line = new Line(this);
    world.engine.accept(this.line, this.peer, {});
  }

  /** By which version it speaks: that of its CONNECT, or what it will be. */
  get version(): Version {
    return this.#reader.version ?? 4;
  }

  get isIn(): boolean {
    return this.connack?.reason === 0 && !this.isOver && !this.hasGone;
  }

  /** Sends bytes as one piece. */
  send(bytes: Buffer): void {
    if (this.isOver || this.hasGone || this.line.destroyed) return;
    this.#world.activity++;
    if (this.fault === undefined) this.#read(Buffer.from(bytes));
    this.line.push(Buffer.from(bytes));
  }

  #read(bytes: Buffer): void {
    try {
      this.#reader.push(bytes);
      for (let packet = this.#reader.next(); packet !== undefined; packet = this.#reader.next()) this.#said(packet);
    } catch (fault) {
      if (!(fault instanceof PacketFault)) throw fault;
      this.fault = fault;
      this.lastSaid = `fault 0x${fault.reason.toString(16)}`;
      this.#ledger.note(`${this.number} says what is none: ${fault.message}`);
    }
  }

  /** Ends the connection, or breaks it. */
  leave(isCut: boolean): void {
    if (this.hasGone || this.isOver) return;
    this.hasGone = true;
    this.#world.activity++;
    this.#ledger.note(`${this.number} ${isCut ? 'breaks' : 'ends'}`);
    if (isCut) this.line.destroy();
    else this.line.push(null);
    this.#ledger.left(this);
  }

  #said(packet: Packet): void {
    const { kind } = packet;
    this.lastSaid = kind;
    this.#ledger.note(`${this.number} says ${describe(packet)}`);
    if (this.hasSaidGoodbye) return;
    if (kind === 'connect') {
      this.connect = packet;
      this.id = packet.clientId;
      this.#ledger.comes(packet);
    } else if (kind === 'publish') this.#publishes(packet);
    else if (kind === 'puback' || kind === 'pubrec' || kind === 'pubcomp') this.#acknowledges(kind, packet);
    else if (kind === 'pubrel') this.#ask('pubcomp', packet.id);
    else if (kind in ANSWERS) {
      this.#ask(ANSWERS[kind as keyof typeof ANSWERS], 'id' in packet ? packet.id : 0);
    } else if (kind === 'disconnect') {
      this.hasSaidGoodbye = true;
      this.#ledger.says(this, packet);
    }
    if (kind === 'subscribe' || kind === 'unsubscribe' || kind === 'pubrel') this.#ledger.says(this, packet);
  }

  #publishes(packet: PublishPacket): void {
    const { alias, qos, id } = packet;
    if (alias > 0 && packet.topic !== '') this.#sentTopics.set(alias, packet.topic);
    const topic = packet.topic === '' ? (this.#sentTopics.get(alias) ?? '') : packet.topic;
    if (qos === 1) this.#tokens.set(id, tokenOf(packet.payload.toString()));
    if (qos > 0) this.#ask(qos === 1 ? 'puback' : 'pubrec', id);
    this.#ledger.published(this, packet, topic);
  }

  #acknowledges(kind: 'puback' | 'pubrec' | 'pubcomp', { id, reason }: { id: number; reason: number }): void {
    const open = this.open.get(id);
    if (open === undefined) this.#strays.add(id);
    if (open === undefined || (kind === 'puback') !== (open.qos === 1)) return;
    if (kind === 'pubrec' && reason < 0x80) open.isConfirmed = true;
    else if (kind !== 'pubcomp' || open.isConfirmed) {
      this.open.delete(id);
      this.acknowledged.push(open.token);
    }
  }

  /** The message of QoS 1 that it has sent under a packet id. */
  tokenOf(id: number): string | undefined {
    return this.#tokens.get(id);
  }

  /** Counts a message that came. */
  came(token: string): number {
    const came = (this.#came.get(token) ?? 0) + 1;
    this.#came.set(token, came);
    return came;
  }

  #ask(kind: Got['kind'], id: number): void {
    const key = `${kind} ${id}`;
    this.#asked.set(key, (this.#asked.get(key) ?? 0) + 1);
  }

  /** What it asked for and has not got; to be looked at when nothing happens any more. */
  get missing(): string[] {
    return this.isIn && !this.hasSaidGoodbye && this.fault === undefined ? [...this.#asked.keys()] : [];
  }

  // What comes

  arrived(chunk: Buffer): void {
    this.#world.activity++;
    if (this.hasGone) return;
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    const strictness = this.version === 5 ? 5 : 4;
    this.#parseTheirs(chunk);
    try {
      for (let got = readPacket(strictness, this.#bytes); got; got = readPacket(strictness, this.#bytes)) {
        this.#bytes = this.#bytes.subarray(got.length);
        this.#got(got);
      }
    } catch (error) {
      this.#ledger.violate(`to ${this.number}: ${(error as Error).message}`);
    }
  }

  /** mqtt-packet reads the same. */
  #parseTheirs(chunk: Buffer): void {
    if (this.#theirs === undefined) {
      this.#theirs = parser({ protocolVersion: this.version } as Parameters<typeof parser>[0]);
      this.#theirs.on('packet', ({ cmd }) => this.#theirKinds.push(cmd));
      this.#theirs.on('error', (error) =>
        this.#ledger.violate(`to ${this.number}, says mqtt-packet: ${error.message}`),
      );
    }
    this.#theirs.parse(chunk);
  }

  #got(got: Got): void {
    const { kind, id, length } = got;
    this.#ledger.note(`${this.number} gets ${describe({ ...got, codes: got.codes.join() })}`);
    this.#ledger.happened(`${this.version} ${this.lastSaid} > ${kind} ${got.reason} ${got.codes.slice(0, 2).join()}`);
    if (this.#theirKinds.shift() !== kind) throw new Violation(`mqtt-packet reads no ${kind}`);
    if (this.#last?.kind === 'disconnect') throw new Violation(`${kind} after DISCONNECT`);
    const isTold = got.properties.some(([name]) => name === 'reasonString' || name === 'user');
    if (isTold && kind !== 'publish' && this.connect?.wantsProblemInformation === false) {
      throw new Violation(`a reason string in ${kind} for one that wants none`);
    }
    if (length > (this.connect?.maxPacketBytes ?? length)) throw new Violation(`${kind} of ${length} bytes`);
    this.#last = got;
    if (kind === 'connack') this.#enters(got);
    else if (this.connack?.reason !== 0) throw new Violation(`${kind} before it is in`);
    else if (kind === 'publish') this.#takes(got);
    else if (kind === 'pubrel') {
      const isStray = this.#strays.delete(id) || got.reason !== 0;
      if (!isStray && !this.open.has(id)) this.open.set(id, { qos: 2, token: '', isConfirmed: true });
      this.#ledger.confirmed(this, this.open.get(id)?.token ?? '');
    } else if (kind !== 'disconnect') this.#answered(got);
  }

  #enters(got: Got): void {
    if (this.connack !== undefined) throw new Violation('a second CONNACK');
    this.connack = got;
    if (got.reason !== 0) return;
    const assigned = got.properties.find(([name]) => name === 'assignedId')?.[1];
    this.id = this.#world.ids.get(this.peer) ?? '';
    const mustKnow = this.version === 5 && this.connect?.clientId === '';
    if (assigned !== (mustKnow ? this.id : undefined)) throw new Violation(`the id ${assigned}`);
    if (got.sessionPresent && this.connect?.cleanStart) throw new Violation('a session at a clean start');
    this.session = this.#ledger.entered(this, got.sessionPresent);
  }

  #takes(got: Got): void {
    const { id, qos, properties } = got;
    const alias = Number(properties.find(([name]) => name === 'topicAlias')?.[1] ?? 0);
    if (alias > (this.connect?.topicAliasMaximum ?? 0)) throw new Violation(`the topic alias ${alias}`);
    if (alias > 0 && got.topic !== '') this.#topics.set(alias, got.topic);
    const topic = got.topic === '' ? this.#topics.get(alias) : got.topic;
    if (topic === undefined) throw new Violation(`the topic alias ${alias}, which was not told`);
    const token = tokenOf(got.text);
    // What it acknowledged before it came may be over by now.
    if (qos > 0 && !this.#strays.has(id)) {
      if (this.open.has(id)) throw new Violation(`the packet id ${id} twice`);
      this.open.set(id, { qos, token, isConfirmed: false });
      const { receiveMaximum = 65_535 } = this.connect ?? {};
      if (this.open.size > receiveMaximum) throw new Violation(`${this.open.size} messages under way`);
    }
    this.#ledger.delivered(this, { ...got, topic }, token);
  }

  #answered({ kind, id, reason, codes }: Got): void {
    const key = `${kind} ${id}`;
    const asked = this.#asked.get(key) ?? 0;
    if (asked === 0) throw new Violation(`${key}, for which it did not ask`);
    if (asked === 1) this.#asked.delete(key);
    else this.#asked.set(key, asked - 1);
    if (kind === 'pubrec' && reason < 0x80) this.toRelease.push(id);
    this.#ledger.answered(this, { kind, id, reason, codes });
  }

  /** The gateway has ended the connection, for which it must have a reason, and has said which. */
  closed(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#world.activity++;
    this.#ledger.note(`${this.number} is closed`);
    this.#ledger.left(this);
    if (this.hasGone || this.hasSaidGoodbye) return;
    if (this.#bytes.length > 0) this.#ledger.violate(`${this.number} got half a packet`);
    const id = this.#world.ids.get(this.peer);
    const reports = this.#world.reports.filter(({ who }) => who === this.peer || who === id);
    const why = this.#world.left.get(this.peer);
    const isRefused = this.connack !== undefined && this.connack.reason !== 0;
    if (!isRefused && reports.length === 0 && why !== 'replaced' && !this.#world.isClosing) {
      this.#ledger.violate(`${this.number} was closed without a reason`);
    }
    const isCut = this.line.wasStalled || reports.some(({ code }) => code === 'PEER_TOO_SLOW');
    if (this.connack?.reason !== 0 || this.version !== 5 || isCut) return;
    const { kind, reason = 0 } = this.#last ?? {};
    if (kind !== 'disconnect' || reason < 0x80) this.#ledger.violate(`${this.number} was not told why`);
    const isFault = this.fault !== undefined && reports.at(-1)?.what === this.fault.message;
    const expected = isFault ? this.fault?.reason : why === 'replaced' ? 0x8e : why === 'shutdown' ? 0x8b : undefined;
    // The fault that was reported last may be that of another connection with its id, before which it lost the id.
    if (expected !== undefined && reason !== expected && !(why === 'replaced' && reason === 0x8e))
      this.#ledger.violate(`${this.number} was told 0x${reason.toString(16)}`);
  }

  /** What it sent that no client may send has its end; to be looked at when nothing happens any more. */
  get isUnpunished(): boolean {
    return this.fault !== undefined && !this.isOver && !this.hasGone;
  }
}

function describe(packet: object): string {
  return JSON.stringify(packet, (_key, value: unknown) =>
    value === undefined || value === '' ? undefined : value,
  ).slice(0, 200);
}
