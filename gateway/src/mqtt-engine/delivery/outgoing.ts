import type { ClientCounts } from '../../common/client-counts.ts';
import type { Outcome } from '../../hub/tracer.ts';
import type { QoS, Version } from '../codec/packets.ts';
import { REASON } from '../codec/reason-codes.ts';
import { acknowledgement, encodePublish } from '../codec/write.ts';
import type { EngineSession, TopicNames } from '../contract.ts';
import type { EngineMessage } from '../message.ts';
import type { Handing, QueuedMessage, SessionQueue, StoredSession } from '../store/contract.ts';
import { packetIdOf } from '../store/packet-ids.ts';
import { type Alias, Aliases } from './aliases.ts';
import type { CoreParts } from './parts.ts';
import type { Recipient } from './recipient.ts';
import type { Takes } from './takes.ts';
import { WaitingQueue } from './waiting-queue.ts';

/** The connection that messages go out by. */
export interface Outlet {
  /** Queues a packet. False: its senders are asked to wait for `released`. */
  write(packet: Uint8Array): boolean;
  /** True where a packet of so many bytes may still be queued. */
  hasRoom(bytes: number): boolean;
  /** So much waits that nothing more is read from the disk for it; `Outgoing.goOn` is called when nothing waits any more. */
  readonly isFull: boolean;
  /** Resolves when senders may go on. */
  released(): Promise<void>;
  /** A message did not get through: the end of a sentence that begins with who the client is. */
  lost(code: 'PEER_TOO_SLOW' | 'PEER_TOO_LARGE', what: string): void;
}

/** What all clients share. */
export type OutgoingParts = Pick<CoreParts<EngineSession>, 'clock' | 'host' | 'limits' | 'sent' | 'store'>;

/** The client that messages go to. */
export interface OutgoingClient {
  readonly id: string;
  readonly version: Version;
  readonly connection: Outlet;
  readonly counts: ClientCounts;
  /** The session on disk; undefined where all ends with the connection. */
  readonly stored: StoredSession | undefined;
  /** What its host has for it. */
  readonly session?: Pick<EngineSession, 'names'> | undefined;
  /** Whether the client may have by now what has waited for it. */
  mayReceive(topic: string): boolean;
  /** Its queue could not be read or written. */
  broken(error: unknown): void;
}

/** What is asked of a queue here, wherever its messages are. */
type OutgoingQueue = Omit<SessionQueue, 'bytes' | 'add'>;

/** A message of QoS 1 or 2 that was sent, and is not acknowledged. */
interface InFlight {
  readonly seq: number;
  readonly qos: QoS;
  /** The client has confirmed that it received it. */
  isReleased: boolean;
  /** Kept where another may have to get it: of a shared subscription. */
  readonly shared: HandedBack | undefined;
}

/** A message of a shared subscription whose member has gone before it acknowledged it. */
export interface HandedBack {
  readonly message: EngineMessage;
  readonly shared: string;
}

/** How many messages are read from the disk at once. */
const BATCH = 256;
/** What a packet has beside topic and payload, at most nearly always. */
const HEADER_BYTES = 32;

/** All messages to one connection: in order, no more than its client takes, with their packet ids, and again after a reconnect. */
export class Outgoing implements Recipient {
  readonly #parts: OutgoingParts;
  readonly #client: OutgoingClient;
  readonly #outlet: Outlet;
  readonly #receiveMaximum: number;
  readonly #maxPacketBytes: number;
  readonly #topicAliasMaximum: number;
  readonly #names: TopicNames | undefined;
  readonly #queue: OutgoingQueue;
  readonly #waiting: WaitingQueue | undefined;
  #inFlight: Map<number, InFlight> | undefined;
  #aliases: Aliases | undefined;
  /** The number of the next message to send, and the first that is not to be sent yet, as it may not be on disk. */
  #cursor: number;
  #limit: number;
  /** Messages below this number may have been sent by an earlier connection. */
  readonly #sentBefore: number;
  #isReading = false;
  #isOpen = true;
  #hasNoted = false;

  constructor(parts: OutgoingParts, client: OutgoingClient, takes: Takes) {
    this.#parts = parts;
    this.#client = client;
    this.#outlet = client.connection;
    this.#receiveMaximum = takes.receiveMaximum;
    this.#maxPacketBytes = takes.maxPacketBytes ?? Number.POSITIVE_INFINITY;
    this.#topicAliasMaximum = takes.topicAliasMaximum;
    this.#names = client.session?.names;
    const session = client.stored;
    this.#waiting = session ? undefined : new WaitingQueue(parts.limits.maxQueueBytes);
    this.#queue = session?.queue ?? (this.#waiting as WaitingQueue);
    this.#cursor = this.#queue.firstSeq;
    this.#limit = this.#cursor;
    this.#sentBefore = session?.sentSeq ?? 0;
  }

  get isReady(): boolean {
    return this.#isOpen && this.#hasWindow && this.#cursor >= this.#queue.nextSeq && !this.#outlet.isFull;
  }

  /** How many messages the client has not acknowledged. */
  get inFlight(): number {
    return this.#inFlight?.size ?? 0;
  }

  /** Sends what waits for a client that has come back, what it was sent before first, soon after its CONNACK, which is to be written before. */
  resume(): void {
    const end = this.#queue.nextSeq;
    if (this.#queue.count === 0) {
      this.#cursor = end;
      this.#limit = end;
      return;
    }
    const begin = (error?: unknown): void => {
      if (error !== undefined) this.#client.broken(error);
      else if (this.#isOpen) {
        this.#limit = Math.max(this.#limit, end);
        this.goOn();
      }
    };
    // The CONNACK leaves in a write of its own: many a program begins to listen only once it has been told that it is connected. What others
    // write meanwhile is not this client's business.
    if (this.#queue.isWritten || !this.#parts.store.commit(begin)) setImmediate(begin);
  }

  deliver(message: EngineMessage, handing: Handing, seq: number | undefined): Promise<void> | undefined {
    if (!this.#isOpen) return undefined;
    if (handing.qos === 0) return this.#sendOnce(message, handing);
    if (this.#waiting !== undefined) return this.#deliverNow(this.#waiting, message, handing);
    if (seq === undefined) return undefined;
    this.#limit = Math.max(this.#limit, seq + 1);
    if (seq === this.#cursor && !this.#isReading && this.#canSend) {
      return this.#send(seq, message, handing);
    }
    message.trail?.add(this.#client.id, 'queued');
    return undefined;
  }

  /** The client has acknowledged a message of QoS 1. */
  acknowledged(id: number): void {
    const entry = this.#inFlight?.get(id);
    if (entry?.qos === 1) this.#end(id, entry);
  }

  /** The client has received a message of QoS 2, or refuses it. */
  received(id: number, reason: number): void {
    const entry = this.#inFlight?.get(id);
    const { version } = this.#client;
    const outlet = this.#outlet;
    const { store } = this.#parts;
    if (entry === undefined) {
      outlet.write(acknowledgement('pubrel', id, version, REASON.idNotFound));
      return;
    }
    if (entry.qos !== 2) return;
    if (reason >= REASON.unspecified) {
      this.#end(id, entry);
      return;
    }
    if (!entry.isReleased) {
      entry.isReleased = true;
      this.#queue.release(entry.seq);
    }
    const release = (error?: unknown): void => {
      if (error !== undefined) this.#client.broken(error);
      else if (this.#isOpen) outlet.write(acknowledgement('pubrel', id, version));
    };
    if (this.#waiting !== undefined || !store.commit(release)) release();
  }

  /** The client has released a message of QoS 2: it is over. */
  completed(id: number): void {
    const entry = this.#inFlight?.get(id);
    if (entry?.isReleased) this.#end(id, entry);
  }

  /** Sends what waits, as far as the client takes it. */
  goOn(): void {
    while (this.#isOpen && !this.#isReading && this.#cursor < this.#limit && this.#canSend) {
      const end = this.#limit;
      const most = Math.min(BATCH, end - this.#cursor, this.#window);
      const read = this.#queue.read(this.#cursor, most, this.#sentBefore);
      if (read instanceof Promise) {
        this.#await(read, end);
        return;
      }
      if (read.length === 0) this.#cursor = end;
      else if (!this.#sendAll(read)) return;
    }
  }

  /**
   * The connection is over. Returns what another member of a shared subscription is to get instead: what this one has not confirmed, and
   * what it was not sent yet.
   */
  close(): HandedBack[] {
    const session = this.#client.stored;
    if (!this.#isOpen) return [];
    this.#isOpen = false;
    if (session !== undefined && this.#hasNoted) session.sentSeq = Math.max(session.sentSeq, this.#cursor);
    const back: HandedBack[] = [];
    for (const { seq, shared } of this.#inFlight?.values() ?? []) {
      if (shared === undefined) continue;
      back.push(shared);
      this.#queue.remove(seq);
    }
    for (const { message, shared } of this.#waiting?.read(this.#cursor, Number.POSITIVE_INFINITY) ?? []) {
      if (message !== undefined && shared !== undefined) back.push({ message, shared });
    }
    this.#inFlight = undefined;
    return back;
  }

  get #window(): number {
    return this.#receiveMaximum - this.inFlight;
  }

  get #hasWindow(): boolean {
    return this.inFlight < this.#receiveMaximum;
  }

  get #canSend(): boolean {
    return this.#hasWindow && !this.#outlet.isFull && !this.#inFlight?.has(packetIdOf(this.#cursor));
  }

  #sendOnce(message: EngineMessage, handing: Handing): Promise<void> | undefined {
    const outlet = this.#outlet;
    if (!outlet.hasRoom(message.topic.length + message.payload.length + HEADER_BYTES)) {
      this.#lost(message, 'queue_full', 'reads too slowly; messages to it are dropped');
      return undefined;
    }
    const packet = this.#encode(message, handing, 0, false);
    if (packet === undefined) return undefined;
    this.#countSent(message);
    return outlet.write(packet) ? undefined : outlet.released();
  }

  /** Of a session that ends with its connection: sends a message, or keeps it in memory. */
  #deliverNow(waiting: WaitingQueue, message: EngineMessage, handing: Handing): Promise<void> | undefined {
    if (this.#cursor === waiting.nextSeq && this.#canSend) {
      this.#limit = this.#cursor + 1;
      return this.#send(waiting.skip(), message, handing);
    }
    const seq = waiting.add(message, handing);
    if (seq === undefined) {
      this.#lost(message, 'queue_full', 'acknowledges too slowly; messages to it are dropped');
    } else {
      this.#limit = seq + 1;
      message.trail?.add(this.#client.id, 'queued');
    }
    return undefined;
  }

  #await(read: Promise<readonly QueuedMessage[]>, end: number): void {
    this.#isReading = true;
    read.then(
      (entries) => {
        this.#isReading = false;
        if (!this.#isOpen) return;
        if (entries.length === 0) this.#cursor = Math.max(this.#cursor, end);
        if (this.#sendAll(entries)) this.goOn();
      },
      (error: unknown) => {
        this.#isReading = false;
        this.#client.broken(error);
      },
    );
  }

  /** False where not all could be sent. */
  #sendAll(entries: readonly QueuedMessage[]): boolean {
    for (const entry of entries) {
      // Those in between have expired.
      this.#cursor = entry.seq;
      if (!this.#isOpen || !this.#canSend) return false;
      if (entry.message !== undefined && !this.#client.mayReceive(entry.message.topic)) this.#skip(entry.seq);
      else this.#send(entry.seq, entry.message, entry);
    }
    return true;
  }

  #send(seq: number, message: EngineMessage | undefined, handing: Handing): Promise<void> | undefined {
    const { stored, version } = this.#client;
    const id = packetIdOf(seq);
    this.#cursor = seq + 1;
    const isReleased = message === undefined;
    const packet = isReleased
      ? acknowledgement('pubrel', id, version)
      : this.#encode(message, handing, id, seq < this.#sentBefore);
    if (packet === undefined) {
      this.#skip(seq);
      return undefined;
    }
    if (stored !== undefined && !this.#hasNoted) {
      this.#hasNoted = true;
      stored.noteSending();
    }
    this.#inFlight ??= new Map();
    this.#inFlight.set(id, { seq, qos: handing.qos, isReleased, shared: handedBack(message, handing) });
    this.#waiting?.remove(seq);
    if (!isReleased) this.#countSent(message);
    return this.#outlet.write(packet) ? undefined : this.#outlet.released();
  }

  /** The client does not get this one. */
  #skip(seq: number): void {
    this.#cursor = seq + 1;
    this.#queue.remove(seq);
  }

  #end(id: number, { seq }: InFlight): void {
    this.#inFlight?.delete(id);
    if (this.#waiting === undefined) this.#queue.remove(seq);
    if (this.#cursor < this.#limit) this.goOn();
  }

  /** The PUBLISH packet; undefined where the client cannot have it. */
  #encode(message: EngineMessage, handing: Handing, id: number, dup: boolean): Buffer | undefined {
    const { version } = this.#client;
    const topicAliasMaximum = this.#topicAliasMaximum;
    const { payload, expiresAtMs } = message;
    const names = this.#names;
    const topic = names === undefined ? message.topic : names.inward(message.topic);
    const { qos, retain, identifiers } = handing;
    const leftMs = expiresAtMs === undefined ? undefined : expiresAtMs - this.#parts.clock.monotonicMs();
    // What was sent is sent again, whatever time has passed (MQTT-4.3.3-7).
    if (leftMs !== undefined && leftMs <= 0 && !dup) {
      this.#missed(message, 'expired');
      return undefined;
    }
    const isFor5 = version === 5;
    // What is retained goes to one subscriber at a time, and stays for long.
    const isOwn =
      qos > 0 || retain || (isFor5 && (identifiers !== undefined || leftMs !== undefined || topicAliasMaximum > 0));
    let packet = isOwn ? undefined : message.packetOf(isFor5, names);
    let alias: Alias | undefined;
    if (packet === undefined) {
      alias = isFor5 && topicAliasMaximum > 0 ? this.#alias(topic) : undefined;
      packet = encodePublish({
        version,
        topic: alias?.isKnown ? '' : topic,
        payload,
        qos,
        retain,
        dup,
        id,
        properties: (names && message.properties ? names.shown(message.properties) : message.properties)?.raw,
        expiryS: leftMs === undefined ? undefined : Math.max(0, Math.ceil(leftMs / 1000)),
        identifiers,
        alias: alias?.number,
      });
      if (!isOwn) message.keepPacket(packet, isFor5, names);
    }
    const most = this.#maxPacketBytes;
    if (packet.length <= most) return packet;
    if (alias?.isKnown === false) this.#aliases?.forget(topic);
    this.#lost(message, 'too_large', `takes packets of ${most} bytes; a message of ${packet.length} is left out`);
    return undefined;
  }

  #countSent(message: EngineMessage): void {
    this.#parts.sent.value++;
    this.#client.counts.sent++;
    if (message.trail !== undefined) message.trail.add(this.#client.id, 'delivered');
  }

  #lost(message: EngineMessage, outcome: 'queue_full' | 'too_large', what: string): void {
    this.#client.counts.lost++;
    this.#outlet.lost(outcome === 'queue_full' ? 'PEER_TOO_SLOW' : 'PEER_TOO_LARGE', what);
    this.#missed(message, outcome);
  }

  #missed(message: EngineMessage, outcome: Outcome): void {
    message.trail ??= this.#parts.host.followLost(message);
    message.trail?.add(this.#client.id, outcome);
  }

  #alias(topic: string): Alias | undefined {
    this.#aliases ??= new Aliases(this.#topicAliasMaximum);
    return this.#aliases.of(topic);
  }
}

/** What another member is to get where this one does not confirm it. Of QoS 2, no other may get what this one may have (MQTT-4.8.2-5). */
function handedBack(message: EngineMessage | undefined, { shared, qos }: Handing): HandedBack | undefined {
  if (shared === undefined || qos === 2 || message === undefined) return undefined;
  return { message: message.detach(), shared };
}
