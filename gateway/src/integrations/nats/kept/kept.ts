import type { NatsConnection } from '@nats-io/transport-node';
import type { Clock } from '../../../common/clock.ts';
import type { ErrorCode } from '../../../common/errors.ts';
import type { Log } from '../../../common/log.ts';
import type { Metrics } from '../../../common/metrics.ts';
import { isGatewayName } from '../../../common/names.ts';
import type { Egress } from '../../../hub/egress.ts';
import type { Hub } from '../../../hub/hub.ts';
import { Message, type MessageInit } from '../../../hub/message.ts';
import type { Bus } from '../bus.ts';
import { DIRECT, decodeEnvelope, type Envelope, encodeEnvelope, readOrder, writeFloor } from '../envelope.ts';
import type { HeldMessage } from '../homes/held.ts';
import { Homes } from '../homes/homes.ts';
import { NOTICES, type Notice, noticeMessage, readNotice } from '../homes/notice.ts';
import { levelOf, subjectOf } from '../subjects.ts';
import { type Counts, countsOf } from './counts.ts';
import type { Engine } from './engine.ts';
import type { FeedMessage } from './feed.ts';
import type { Outbox } from './outbox.ts';
import type { PlacesStore } from './places-store.ts';
import { Publisher } from './publisher.ts';
import { refusalOf } from './refusal.ts';
import { Retries } from './retries.ts';
import { Since } from './since.ts';
import type { KeptStored } from './stored.ts';
import { type StreamLimits, streamName } from './stream.ts';

export interface KeptParts {
  stored: KeptStored;
  bus: Bus;
  hub: Hub;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  prefix: string;
  /** The name of this gateway, and what tells this run of it from others. */
  gateway: string;
  epoch: string;
  streamLimits: StreamLimits;
  engine: Engine;
  isShared(channel: string): boolean;
  /** What came from another gateway, as it is here. */
  arrived(envelope: Envelope, gateway: string): MessageInit;
  /** As what messages from others come into the hub. */
  ingress(): Egress;
  /** Told of something that is no message. */
  misread(gateway: string): void;
  report(code: ErrorCode, message: string): void;
  /** Whether another gateway is there. */
  isPresent(gateway: string): boolean;
}

/** How it stands with the messages that are to arrive at the other gateways. */
export interface KeptState {
  /** How many wait for the servers' acknowledgement, their bytes on disk, and since when the oldest. */
  readonly waiting: number;
  readonly waitingBytes: number;
  readonly maxBytes: number;
  readonly oldestMs: number | null;
  /** How many were not kept since the start, as there was no room. */
  readonly refused: number;
  /** Why the servers keep nothing now, as a sentence without its full stop; null: they do, or the link is down. */
  readonly fault: string | null;
}

/** Whose a message is. */
type Sender = Pick<Envelope, 'account' | 'protocol'>;

/** What came, and from which gateway. */
interface Received {
  readonly envelope: Envelope;
  readonly gateway: string;
}

/** What begins the rest of a subject that is no channel's: a channel's would be encoded. */
const TO_CLIENT = '$to';
const NOTICE = '$home';
const MAX_WAYS = 4096;
const SAVE_MS = 1000;
/** What NATS servers take by default, as long as none has said what it takes. */
const DEFAULT_MAX_PAYLOAD = 1024 * 1024;
const NO_FLOOR = 0;

/**
 * Messages that must arrive: they wait on disk until a stream of the servers has them, and each gateway takes them from there, in the order of
 * the stream and from where it left it, however long either of them was away.
 */
export class Kept {
  readonly #parts: KeptParts;
  readonly #outbox: Outbox;
  readonly #places: PlacesStore;
  readonly #publisher: Publisher;
  readonly #feed: ReturnType<Engine['feed']>;
  readonly #retries: Retries;
  readonly #since: Since;
  readonly #counts: Counts;
  readonly #inbox: string;
  readonly #ways = new Map<string, string | undefined>();
  /** Those that were written down before they were sent, and whether there was room for them. */
  readonly #written = new WeakMap<Message, boolean>();
  readonly #homes: Homes;
  readonly #direct: string;
  readonly #notices: string;
  readonly #undo: (() => void)[] = [];
  #created = '';
  #sequence = 0;
  #savedSequence = 0;
  #maxPayload = DEFAULT_MAX_PAYLOAD;
  #streamFault: string | undefined;
  readonly #messageOf = ({ envelope, gateway }: Received): Message => {
    const { account, protocol } = envelope;
    const made = new Message({ ...this.#parts.arrived(envelope, gateway), isKept: true });
    this.#parts.hub.elsewhere.noteCall(made, gateway, { account, protocol });
    return made;
  };

  constructor(parts: KeptParts) {
    this.#parts = parts;
    const { clock, bus, prefix, gateway, epoch, metrics, stored } = parts;
    const { outbox, places, writes } = stored;
    this.#outbox = outbox;
    this.#places = places;
    this.#counts = countsOf(metrics, outbox, clock);
    this.#inbox = `${prefix}.a.${gateway}-${epoch}`;
    this.#since = new Since(clock);
    this.#publisher = new Publisher({
      ...{ clock, source: outbox },
      publish: (entry, floor, token) => {
        writeFloor(entry.payload, floor);
        return bus.publish(entry.subject, entry.payload, `${this.#inbox}.${token}`);
      },
      hopeless: ({ payload }) => (payload.length > this.#maxPayload ? this.#tooLarge(payload.length) : undefined),
      dropped: (_, why) => this.#refuse(why),
      acknowledged: () => {
        this.#counts.acknowledged.value++;
      },
    });
    outbox.onGrown(() => this.#publisher.more());
    this.#feed = parts.engine.feed({
      ...{ clock, name: streamName(prefix) },
      from: () => this.#sequence,
      take: (message) => this.#take(message),
      ready: () => writes.committed().catch(() => {}),
    });
    this.#retries = new Retries({ clock });
    this.#direct = `${prefix}.1.${gateway}.${TO_CLIENT}.`;
    this.#notices = `${prefix}.1.${gateway}.${NOTICE}`;
    this.#homes = new Homes({
      ...{ stored: stored.homes, hub: parts.hub, clock, gateway, isPresent: (name) => parts.isPresent(name) },
      ...{ tell: (notice) => this.#tell(notice), deliver: (held) => this.#deliverHeld(held) },
      give: (message) => this.#keepFor(new Message(message), DIRECT.moved, undefined),
      pass: (held) => this.#pass(held),
    });
    parts.hub.elsewhere.homes = {
      homeOf: (id) => (levelOf(id) === undefined ? undefined : this.#homes.homeOf(id)),
      isHere: (id) => this.#homes.isHere(id) && parts.hub.holds(id),
      keep: (message, sender, isAlone) =>
        this.#written.get(message) ?? this.#keepFor(message, isAlone ? DIRECT.alone : DIRECT.also, sender),
    };
  }

  get state(): KeptState {
    const { count, bytes, maxBytes, oldestMs } = this.#outbox;
    return {
      ...{ waiting: count, waitingBytes: bytes, maxBytes, oldestMs: oldestMs ?? null },
      refused: this.#counts.refused.value,
      fault: this.#parts.bus.isUp ? (this.#streamFault ?? this.#publisher.fault ?? null) : null,
    };
  }

  /** What is subscribed to from now on is old enough for whatever comes; what is later gets only what was sent since. */
  start(): void {
    const { bus, clock } = this.#parts;
    this.#since.begin();
    this.#homes.start();
    this.#undo.push(
      bus.subscribe(`${this.#inbox}.>`, (payload, subject) => {
        this.#publisher.answered(subject.slice(this.#inbox.length + 1), refusalOf(payload));
      }),
      clock.every(SAVE_MS, () => this.#save()),
    );
  }

  stop(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#homes.stop();
    this.linkDown();
    this.#publisher.stop();
    this.#save();
  }

  linkUp(connection: NatsConnection): void {
    this.#maxPayload = connection.info?.max_payload ?? DEFAULT_MAX_PAYLOAD;
    this.#feed.stop();
    void this.#retries.run(() => this.#follow(connection));
    this.#publisher.up();
  }

  linkDown(): void {
    this.#retries.stop();
    this.#feed.stop();
    this.#publisher.down();
  }

  /** What is sent to a filter is wanted here, until the returned function is called. */
  wanted(filter: string): () => void {
    return this.#since.add(filter);
  }

  /** Whether what is kept and sent to a channel goes to other gateways. */
  keeps(channel: string): boolean {
    return this.#subjectOf(channel) !== undefined;
  }

  /** Stages a message: it is safe with the write of this turn. False: there is no room, or it is too large. */
  keep(message: Message): boolean {
    const subject = this.#subjectOf(message.to);
    if (subject === undefined) return false;
    const direct = this.#homes.isHere(message.to) ? DIRECT.served : undefined;
    const isKept = this.#stage(subject, { message, direct }, this.#parts.hub.sender(message.from));
    this.#written.set(message, isKept);
    return isKept;
  }

  /** The same of a message that is sent now; it may have been written down before. */
  publish(message: Message): void {
    if (!this.#written.has(message)) this.keep(message);
  }

  /** Whether a message was written down for the client that it is for. */
  has(message: Message): boolean {
    return this.#written.has(message);
  }

  #keepFor(message: Message, direct: number, sender: Sender | undefined): boolean {
    const isKept = this.#stage(this.#direct + levelOf(message.to), { message, direct }, sender);
    this.#written.set(message, isKept);
    return isKept;
  }

  #tell(notice: Notice): boolean {
    const { gateway, clock } = this.#parts;
    return this.#stage(this.#notices, { message: noticeMessage(notice, gateway, clock.now()) }, undefined);
  }

  #stage(subject: string, what: Pick<Envelope, 'message' | 'direct'>, sender: Sender | undefined): boolean {
    const { gateway, clock } = this.#parts;
    const payload = encodeEnvelope({
      ...{ ...what, number: this.#outbox.nextNumber, account: sender?.account, protocol: sender?.protocol },
      ...{ origin: `${gateway}-${this.#outbox.run}`, floor: NO_FLOOR },
    });
    if (payload.length > this.#maxPayload) return this.#refuse(this.#tooLarge(payload.length));
    if (this.#outbox.add(subject, payload, clock.now())) return true;
    return this.#refuse(
      'there is no room for more that waits for the other gateways (cluster.maxWaitingBytes), as the NATS servers are away',
    );
  }

  #tooLarge(bytes: number): string {
    return `it has ${bytes} bytes, and the NATS servers take ${this.#maxPayload} (max_payload)`;
  }

  #refuse(why: string): false {
    this.#counts.refused.value++;
    this.#parts.report(
      'CLUSTER_NOT_KEPT',
      `A message was heard here, but will not arrive at the other gateways: ${why}.`,
    );
    return false;
  }

  #subjectOf(channel: string): string | undefined {
    const known = this.#ways.get(channel);
    if (known !== undefined || this.#ways.has(channel)) return known;
    const { prefix, gateway, isShared } = this.#parts;
    const end = isGatewayName(channel) || !isShared(channel) ? undefined : subjectOf(channel);
    const subject = end === undefined ? undefined : `${prefix}.1.${gateway}.${end}`;
    if (this.#ways.size >= MAX_WAYS) this.#ways.clear();
    this.#ways.set(channel, subject);
    return subject;
  }

  async #follow(connection: NatsConnection): Promise<void> {
    const { prefix, streamLimits, log, engine } = this.#parts;
    try {
      const { created, firstSequence, lastSequence } = await engine.open(connection, prefix, streamLimits);
      const seen = this.#places.sequenceOf(created);
      // Whoever comes for the first time hears what is said from now on; of another stream all is new.
      this.#sequence = seen ?? (this.#places.isNew ? lastSequence : 0);
      if (seen === undefined && !this.#places.isNew) this.#places.origins.restart();
      if (this.#sequence + 1 < firstSequence) this.#missed(firstSequence - 1 - this.#sequence);
      this.#created = created;
      this.#places.saw(created, this.#sequence);
      if (this.#streamFault !== undefined)
        log.info({ stream: streamName(prefix) }, 'the NATS servers keep messages again');
      this.#streamFault = undefined;
      await this.#feed.follow(connection);
      this.#retries.reset();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const { bus, log } = this.#parts;
    if (!bus.isUp) return;
    const reason = error instanceof Error ? error.message : String(error);
    const fault = `the NATS servers have no stream for it (${reason.replace(/\.$/, '')})`;
    if (this.#streamFault !== fault) {
      const message =
        'Messages of QoS 1 and 2 wait here, and none come from the other gateways: look whether JetStream is enabled on the NATS servers, and whether this gateway may use it.';
      log.warn({ code: 'CLUSTER_REFUSED', reason }, message);
    }
    this.#streamFault = fault;
  }

  #missed(count: number): void {
    this.#places.origins.broke();
    if (this.#sequence === 0) return;
    this.#parts.report(
      'CLUSTER_MISSED',
      `This gateway was away for longer than the NATS servers keep messages: up to ${count} of QoS 1 and 2 from other gateways are lost here.`,
    );
  }

  #take({ seq, subject, data, timestampMs }: FeedMessage): void {
    const { prefix, gateway, misread } = this.#parts;
    if (seq <= this.#sequence) return;
    if (seq > this.#sequence + 1) this.#places.origins.broke();
    this.#sequence = seq;
    const begin = prefix.length + '.1.'.length;
    const from = subject.slice(begin, subject.indexOf('.', begin));
    const isOwn = from === gateway;
    const isOfHomes = subject.startsWith('$', begin + from.length + 1);
    if (isOwn && !isOfHomes) {
      // Nothing of it is for this gateway, but what comes behind it may be.
      const order = readOrder(data);
      if (order !== undefined) this.#isNext(order, seq);
      return;
    }
    const envelope = decodeEnvelope(data);
    if (envelope?.origin === undefined) {
      misread(from);
      return;
    }
    const { origin, number, floor = number, message } = envelope;
    if (!this.#isNext({ origin, number, floor }, seq)) return;
    if (isOfHomes && message.to === NOTICES) {
      this.#homes.heard(readNotice(message), from, message.timestampMs);
      return;
    }
    this.#deliver({ envelope, gateway: from }, timestampMs, seq, data);
  }

  /** Notes a message of the stream, in the write that has what comes of it; false where it does not count. */
  #isNext({ origin, number, floor }: { origin: string; number: number; floor: number }, seq: number): boolean {
    if (this.#places.origins.standing(origin, number, floor) !== 'next') {
      this.#counts.repeated.value++;
      return false;
    }
    this.#places.note(origin, number, seq);
    return true;
  }

  #deliver(received: Received, timestampMs: number, sequence: number, data: Uint8Array): void {
    const { hub, isShared, ingress } = this.#parts;
    const { envelope, gateway } = received;
    const { message, account, protocol } = envelope;
    if (isGatewayName(message.to)) return;
    const role = this.#homes.roleOf(envelope, gateway === this.#parts.gateway);
    if (role === 'home') {
      this.#homes.take({ id: message.to, sequence, data, gateway }, envelope.direct);
      return;
    }
    if (role === 'nobody' || !isShared(message.to) || !this.#since.isWanted(message.to, timestampMs)) return;
    this.#counts.received.value++;
    hub.offer(message.to, { ingress: ingress(), account, protocol, gateway }, this.#messageOf, received);
  }

  /** Hands a message to the client that it is for, or to its session where that is away. */
  #deliverHeld({ data, gateway }: HeldMessage): void {
    const { hub, ingress } = this.#parts;
    const envelope = decodeEnvelope(data);
    if (envelope === undefined) return;
    const { account, protocol } = envelope;
    this.#counts.received.value++;
    hub.send(this.#messageOf({ envelope, gateway }), { ingress: ingress(), account, protocol, gateway });
  }

  #pass({ data }: HeldMessage): boolean {
    const envelope = decodeEnvelope(data);
    return envelope === undefined || this.#keepFor(new Message(envelope.message), DIRECT.moved, envelope);
  }

  #save(): void {
    if (this.#sequence === this.#savedSequence || this.#created === '') return;
    this.#savedSequence = this.#sequence;
    this.#places.saw(this.#created, this.#sequence);
  }
}
