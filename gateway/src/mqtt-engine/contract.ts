import type { Duplex } from 'node:stream';
import type { ClientCounts } from '../common/client-counts.ts';
import type { ErrorCode } from '../common/errors.ts';
import type { FilterWatch } from '../hub/egress.ts';
import type { LeaveReason } from '../hub/session.ts';
import type { Room, Trail } from '../hub/tracer.ts';
import type { Brought } from '../transports/wire.ts';
import type { MessageProperties, QoS, Version } from './codec/packets.ts';
import type { ReasonCode } from './codec/reason-codes.ts';

/**
 * What a broker core does for the gateway, and what it asks. A core speaks MQTT with its clients: connections, packets, keep-alive,
 * acknowledgements, takeover, and what sessions have on disk. It asks its host what a topic means, and what a client may do.
 */

export type { MessageProperties, QoS, Version } from './codec/packets.ts';

/** What the gateway itself publishes. */
export interface Publication {
  topic: string;
  payload: Buffer;
  qos: QoS;
  retain: boolean;
  /** What subscribers that speak MQTT 5 are told of it; undefined: nothing. */
  properties?: MessageProperties | undefined;
  /** Where it is written down who gets it; undefined: nowhere. */
  trail?: Trail | undefined;
}

/** A message on its way through the core. */
export interface Published extends Publication {
  /** The client that sent it; undefined where the gateway itself did. */
  clientId?: string | undefined;
  /** Of one that is to be retained, whose share of the room it takes, and of a last will: the address of its sender, without a port. */
  address?: string | undefined;
  /** Of one that is to be retained, and of a last will: the account of its sender; undefined for one without. */
  account?: string | undefined;
  /** When it is worth nothing any more, by `Clock.monotonicMs`; undefined: never. */
  expiresAtMs?: number | undefined;
  /** It is the one that is kept here for later subscribers of its topic. */
  isKept?: boolean | undefined;
  /** What the host made of it when it was asked to keep it, for when it sees it as published. */
  made?: unknown;
}

/** A message that is kept for later subscribers of its topic. */
export interface RetainedMessage {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  /** The account of the client that published it; undefined for one without, and where the host keeps it. */
  readonly account?: string | undefined;
  /** What a client of MQTT 5 said of it; undefined: nothing. */
  readonly properties?: MessageProperties | undefined;
  /** When it is worth nothing any more, by `Clock.monotonicMs`; undefined: never. */
  readonly expiresAtMs?: number | undefined;
}

/** A message that the host retains, as it goes to subscribers now. */
export type HeldMessage = Pick<RetainedMessage, 'payload' | 'properties' | 'expiresAtMs'> &
  Partial<Pick<RetainedMessage, 'qos'>>;

/** How far a message to a topic reaches among MQTT clients. */
export interface Reach {
  /** How many get it: those online, and those whose session keeps it for them. */
  count: number;
  /** The highest QoS that any of them asked for. */
  qos: QoS;
}

/** One connection that has sent its CONNECT. */
export interface EngineClient {
  /** The address that it comes from, with its port. */
  readonly peer: string;
  readonly version: Version;
  /** What it published, as far as that was let through, and what was sent to it. */
  readonly counts: ClientCounts;
  /** What waits for it, in bytes. */
  readonly queuedBytes: number;
  readonly brought: Brought;
  /** Its session ends with the connection. */
  readonly isClean: boolean;
  /** It has its CONNACK, and its end has not begun. */
  readonly isConnected: boolean;
  /** Its end has begun. */
  readonly isClosed: boolean;
  /** Of what it subscribed to: the filters, whether one is among them, and at which QoS anything matches a topic. */
  readonly filters: Iterable<string>;
  readonly filterCount: number;
  hasFilter(filter: string): boolean;
  granted(topic: string): QoS | undefined;
  /** True where a message of about so many bytes may still be queued for it. */
  hasRoom(bytes: number): boolean;
  /** Sends to it alone, whatever it subscribed to; where that is of QoS 1 or 2, its session keeps it until it is acknowledged. */
  send(publication: Publication): void;
  /** Notes why its connection ends; otherwise the core finds out the reason itself. */
  noteReason(reason: LeaveReason): void;
  /** Ends its connection, for what `noteReason` was told. `done` is called when its last will, if it is due, is published. */
  end(done?: () => void): void;
}

/** What a client says in its CONNECT. */
export interface ConnectRequest {
  /** '' where it gives none. */
  id: string;
  username: string | undefined;
  password: Buffer | undefined;
  /** The topic of its last will; undefined where it has none. */
  willTopic: string | undefined;
}

/** CONNACK return codes (MQTT 3.1.1, section 3.2.2.3): bad id, unavailable, bad user name or password, not authorized. */
export type RefusalCode = 2 | 3 | 4 | 5;

/** What a client calls topics that are called otherwise by all others. */
export interface TopicNames {
  inward(topic: string): string;
  /** What subscribers of MQTT 5 are told of a message, with its names. */
  shown(properties: MessageProperties): MessageProperties;
}

/** What a core asks of the session that its host makes for each client. */
export interface EngineSession {
  readonly id: string;
  /** To which account it belongs, with what it has on disk; undefined: to no account. */
  readonly account: string | undefined;
  /** What the client calls topics; undefined: what all others call them. */
  readonly names?: TopicNames | undefined;
}

/**
 * Lets a client in as the session that its host made for it, or not; the log has been told. `reason`: what MQTT 5 calls it, where that
 * does not follow from the return code; `why`: part of a sentence for a person, without a secret.
 */
export type ConnectAnswer<S> =
  | { session: S; refused?: undefined; reason?: undefined }
  | { session?: undefined; refused: RefusalCode; reason?: ReasonCode | undefined; why: string };

/** Why a message is not published. The log has been told. */
export interface PublishRefusal {
  /** What its client is told in MQTT 5. */
  readonly reason: ReasonCode;
  /** Part of a sentence for a person, without a secret; undefined: there is nothing more to say. */
  readonly why?: string | undefined;
  /** Its client is disconnected in MQTT 3, where it cannot be told otherwise. Else the message is acknowledged, and goes nowhere. */
  readonly isFatal?: boolean;
}

/** Why a subscription is refused. The log has been told. */
export interface SubscribeRefusal {
  readonly reason: ReasonCode;
  /** Part of a sentence for a person, without a secret. */
  readonly why: string;
}

/** Whether a message may be published. undefined: it may. A promise: that is what it resolves to, and where it rejects its client is disconnected. */
export type PublishVerdict = PublishRefusal | undefined | Promise<PublishRefusal | undefined>;

/** What a core asks and tells; `S` is what its host has for each client, found again by the core. */
export interface EngineHost<S> {
  /**
   * A client wants to come in. The answer may come later, but not once the client is closed. Where it is a session whose id another
   * connection has, that one ends first, its last will included (MQTT-3.1.4-2).
   */
  connect(client: EngineClient, request: ConnectRequest, answer: (answer: ConnectAnswer<S>) => void): void;
  /**
   * Asked before each message of a client, and before a last will; `session` is undefined for a will that an earlier run left. It may
   * give the message another topic, and may take its `retain` away.
   */
  mayPublish(message: Published, session: S | undefined): PublishVerdict;
  /**
   * Asked for each message of QoS 1 and 2 of a client, wills included, before it is written down, delivered and acknowledged: stages what of it
   * is to be on disk elsewhere in the same write. False: nothing.
   */
  keep(message: Published): boolean;
  /** Sees each message that a client published, wills included, once, before it is delivered; how many get it there. Must not throw. */
  published(message: Published): number;
  /** Whether messages that clients publish are followed at the moment. */
  readonly followable: Room;
  /** Asked for those, when they set out: where it is written down who gets it; undefined: nowhere. */
  follow(message: Published): Trail | undefined;
  /** The same of one that is followed nowhere and failed to reach a client, or anybody. */
  followLost(message: Published): Trail | undefined;
  /** Asked for each filter of a SUBSCRIBE or UNSUBSCRIBE, as its client wrote it: the topic filter that it stands for, which is mostly the same. */
  plainFilter(written: string, session: S | undefined): string;
  /** Asked for each filter of a SUBSCRIBE, and of a session that comes back: why it is refused, and the log has been told; undefined: it is not. */
  subscribeRefusal(session: S, filter: string): SubscribeRefusal | undefined;
  /** Asked before each delivery of a message, whichever of its filters it matches. False: the client does not get it. Must be quick. */
  mayReceive(session: S, topic: string): boolean;
  /** The same of a client that is away, whose session belongs to `account`: asked before a message is queued for it. */
  mayReceiveLater(id: string, account: string | undefined, topic: string): boolean;
  /** The client was told that these filters, as it wrote them, were granted, and is being sent what is retained there. */
  subscribed(session: S, written: readonly string[]): void;
  /** The client gave a sign of life without a message. */
  heard(session: S): void;
  /** The response information for a client that asks for it (MQTT 5, section 3.1.2.11.6): what its response topics may be, or begin with. */
  responseTopic(session: S): string;
  /** The message that the host retains for a topic; undefined if it no longer does. */
  held(topic: string): HeldMessage | undefined;
  /** The client's connection is gone, or another connection has replaced it. Called once. */
  left(session: S, reason: LeaveReason): void;
  /** A client did something wrong, or lost a message. `what` ends a sentence that begins with `who`. */
  report(who: string, code: ErrorCode, what: string): void;
}

/** The retained messages, as the gateway sees them. */
export interface EngineRetained {
  /** True where a message is kept for a topic, here or by the host. */
  has(topic: string): boolean;
  /** The topic's message, where an MQTT client published it and the host has none in its place. */
  own(topic: string): RetainedMessage | undefined;
  allOwn(): Iterable<RetainedMessage>;
  /** Notes that the host retains a message for later subscribers of a topic, in place of any other. It is sent to no one now. */
  hold(topic: string): void;
  /** Removes a topic's retained message; no one is told. */
  clear(topic: string): void;
}

/** A broker core. */
export interface MqttEngine<S> {
  readonly retained: EngineRetained;
  /** Persistent sessions, and what waits on disk for all of them. */
  readonly kept: Readonly<Record<'sessions' | 'queuedBytes', number>>;
  /** Takes over a connection. `peer` is its address, with its port. */
  accept(stream: Duplex, peer: string, brought: Brought): void;
  /**
   * Publishes to all subscribers, and to the queues of sessions whose clients are offline. A message to be retained is kept by the host:
   * see `EngineRetained.hold`.
   */
  publish(publication: Publication): void;
  /** How many MQTT clients get a message to `topic`, and with which QoS. */
  reach(topic: string): Reach;
  /** False where nobody, online or offline, subscribes to anything that a topic which begins with `$` matches. */
  readonly hearsDollar: boolean;
  /** The ids of the clients, online or offline, that subscribe to exactly this filter. */
  subscribers(filter: string): Iterable<string>;
  /** The topics that somebody, online or offline, subscribes to without wildcards; those of shared subscriptions are not among them. */
  topics(): Iterable<string>;
  /**
   * Tells `watch` which topic filters are subscribed to, by clients online or offline, and what changes in that, until the returned function is
   * called. A shared subscription counts as the filter behind its group.
   */
  watchFilters(watch: FilterWatch): () => void;
  /** The topic filters that a client, online or offline, subscribes to. */
  subscriptions(id: string): Iterable<string>;
  /** The host's session of the client that is online under this id. */
  session(id: string): S | undefined;
  /** True if the client has a persistent session, whether it is online or offline. */
  hasSession(id: string): boolean;
  /** Gives a client room of its own for so many bytes that wait for it; a sender that speaks MQTT 5 is told where there is none left. */
  reserve(id: string, maxBytes: number): void;
  /** What waits for a client's acknowledgement on disk. */
  waiting(id: string): { count: number; bytes: number };
  /** Forgets which messages of QoS 2 a client has sent and not released: it has begun anew, and numbers others alike. */
  forgetReceived(id: string): void;
  /** The ids of all clients with a persistent session. */
  sessionIds(): Iterable<string>;
  /** True if it has one, or if there is room for one; the oldest session without subscriptions and messages makes room. */
  mayKeepSession(id: string): boolean;
  /** Ends the session of a client that is offline, with all that waits for it. */
  endSession(id: string): void;
  /** Ends the sessions of accounts that are gone, with all that waits for them. */
  endSessions(isGone: (account: string) => boolean): void;
  /** True if messages published to `topic` are queued for this client, which is offline. */
  keepsFor(id: string, topic: string): boolean;
  /** True if this client has a persistent session, and subscribes to `topic`, whether it is online or offline. */
  holds(id: string, topic: string): boolean;
  /**
   * Hands out what waits for a client that is offline, oldest first; nothing where its session is another account's. What `take` says yes to (true) is removed, in the same write as what `take`
   * stages; what it says nothing to (undefined) stays. Resolves to false where the client has come back, or `take` has said no (false); rejects
   * where the disk cannot be read.
   */
  takeWaiting(
    id: string,
    account: string | undefined,
    take: (message: Published) => boolean | undefined,
  ): Promise<boolean>;
  /** Publishes the wills of clients that were connected when the gateway was killed. Call it once, before any client connects. */
  start(): Promise<void>;
  /** Resolves when what was published so far is on disk where it belongs there; rejects where it cannot be written. */
  written(): Promise<void>;
  /**
   * Ends every connection. As the gateway closes them, not the clients, last wills are published (MQTT 3.1.1, section
   * 3.1.2.5): those retained or for sessions are on disk when this resolves.
   */
  close(): Promise<void>;
}
