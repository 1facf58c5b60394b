import { noCounts } from '../../common/client-counts.ts';
import type { LeaveReason } from '../../hub/session.ts';
import type { Brought } from '../../transports/wire.ts';
import { PacketFault } from '../codec/packet-fault.ts';
import type { ConnectPacket, DisconnectPacket, Packet, QoS, Version } from '../codec/packets.ts';
import { REASON, type ReasonCode } from '../codec/reason-codes.ts';
import { connack, disconnect, PINGRESP } from '../codec/write.ts';
import type { EngineSession, Publication } from '../contract.ts';
import { Outgoing } from '../delivery/outgoing.ts';
import type { CoreParts } from '../delivery/parts.ts';
import type { Recipient } from '../delivery/recipient.ts';
import { depart } from '../delivery/residence.ts';
import { TAKES_MQTT_3 } from '../delivery/takes.ts';
import { EngineMessage } from '../message.ts';
import type { StoredSession } from '../store/contract.ts';
import type { StreamFault } from '../stream-fault.ts';
import { Arrival } from './arrival.ts';
import type { Connection, PacketHandler } from './connection.ts';
import type { CoreClient } from './core-client.ts';
import { Incoming } from './incoming.ts';
import { expiryMsOf } from './session-expiry.ts';
import { Subscribing } from './subscribing.ts';

/**
 * `greeting`: its CONNECT has not come. `waiting`: it is looked whether it may come in. `joined`: it is a client. `over`: it is none any more.
 */
type State = 'greeting' | 'waiting' | 'joined' | 'over';

const TAKEN_OVER = 'another connection has the same client id';
/** Why a connection is ended by the gateway, in MQTT 5. */
const DISCONNECT_REASONS: Partial<Record<LeaveReason, readonly [code: ReasonCode, why: string]>> = {
  replaced: [REASON.takenOver, TAKEN_OVER],
  shutdown: [REASON.shuttingDown, 'the gateway stops'],
  revoked: [REASON.notAuthorized, 'the account or its credential was taken back'],
  timeout: [REASON.keepAliveTimeout, 'nothing came from the client for too long'],
};
/** The longest reason string, in characters. */
const MAX_REASON = 200;

/** One client of our own core, of any version: what is said on one connection, without sockets or timers of its own. */
export class Client<S extends EngineSession> implements PacketHandler, CoreClient<S> {
  readonly peer: string;
  readonly brought: Brought;
  readonly parts: CoreParts<S>;
  readonly counts = noCounts();
  version: Version = 4;
  /** Its client id, once it is let in. */
  id = '';
  session: S | undefined;
  /** What is on disk of it; undefined where all ends with the connection. */
  stored: StoredSession | undefined;
  /** How long its session lasts after the connection, in milliseconds. */
  expiryMs = 0;
  keepAliveMs = 0;
  isBridge = false;
  isResumed = false;
  /** The longest packet that it takes; undefined: any. */
  #maxPacketBytes: number | undefined;
  #wantsReasons = true;
  #connection: Connection | undefined;
  #outgoing: Outgoing | undefined;
  #incoming: Incoming<S> | undefined;
  #subscribing: Subscribing<S> | undefined;
  #state: State = 'greeting';
  #reason: LeaveReason = 'closed';
  #silentSinceMs: number;
  #isReported = false;
  readonly #gone: (client: Client<S>) => void;

  /** `gone` is told when its connection has closed. */
  constructor(parts: CoreParts<S>, peer: string, brought: Brought, gone: (client: Client<S>) => void) {
    this.parts = parts;
    this.peer = peer;
    this.brought = brought;
    this.#gone = gone;
    this.#silentSinceMs = parts.clock.monotonicMs();
  }

  /** Its connection; to be called once, at first. */
  open(connection: Connection): void {
    this.#connection = connection;
  }

  // What the host sees

  get isClean(): boolean {
    return this.expiryMs === 0 && this.stored === undefined;
  }

  get isConnected(): boolean {
    return this.#state === 'joined';
  }

  get isClosed(): boolean {
    return this.#state === 'over';
  }

  get filters(): Iterable<string> {
    return this.parts.index.of(this.id).filters();
  }

  get filterCount(): number {
    return this.parts.index.of(this.id).size;
  }

  hasFilter(filter: string): boolean {
    return this.parts.index.of(this.id).get(filter) !== undefined;
  }

  granted(topic: string): QoS | undefined {
    return this.parts.index.of(this.id).granted(topic);
  }

  get queuedBytes(): number {
    return this.connection.queuedBytes;
  }

  hasRoom(bytes: number): boolean {
    return this.connection.hasRoom(bytes);
  }

  send(publication: Publication): void {
    const { qos, retain } = publication;
    this.parts.router.send(this.id, new EngineMessage(publication), { qos, retain, identifiers: undefined });
  }

  noteReason(reason: LeaveReason): void {
    this.#reason = reason;
  }

  end(done?: () => void): void {
    const [reason, why] = DISCONNECT_REASONS[this.#reason] ?? [REASON.success, undefined];
    this.#close(reason, why, done);
  }

  replace(done: () => void): void {
    this.#reason = 'replaced';
    this.#close(REASON.takenOver, TAKEN_OVER, done);
  }

  mayReceive(topic: string): boolean {
    return this.parts.host.mayReceive(this.session as S, topic);
  }

  // What its parts see

  get connection(): Connection {
    return this.#connection as Connection;
  }

  get outgoing(): Outgoing {
    return this.#outgoing as Outgoing;
  }

  get recipient(): Recipient {
    return this.outgoing;
  }

  get isWaiting(): boolean {
    return this.#state === 'waiting';
  }

  takes(bytes: number): boolean {
    return this.#maxPacketBytes === undefined || bytes <= this.#maxPacketBytes;
  }

  explained(why: string | undefined, make: (why: string | undefined) => Buffer): Buffer {
    if (why !== undefined && this.#wantsReasons) {
      const packet = make(why.slice(0, MAX_REASON));
      if (this.takes(packet.length)) return packet;
    }
    return make(undefined);
  }

  /** Tells the log what it did; `what` ends a sentence that begins with who it is. */
  report(code: Parameters<CoreParts<S>['host']['report']>[1], what: string): void {
    this.parts.host.report(this.id === '' ? this.peer : this.id, code, what);
  }

  /** Refuses it. `code`: by its version; `why`: part of a sentence. */
  refuse(code: number, why: string): void {
    this.#isReported = true;
    const refused = { sessionPresent: false, code };
    const packet = this.explained(why, (reasonString) => connack(this.version, refused, { reasonString }));
    if (this.takes(packet.length)) this.connection.write(packet);
    this.#state = 'over';
    this.connection.end();
  }

  /** Ends the connection because of what it did, and tells the log. */
  fail(
    reason: ReasonCode,
    what: string,
    code: 'PEER_MALFORMED' | 'PEER_TOO_LARGE' | 'PEER_TIMEOUT' = 'PEER_MALFORMED',
  ): void {
    if (!this.#isReported) this.report(code, what);
    this.#isReported = true;
    this.#reason = code === 'PEER_TIMEOUT' ? 'timeout' : 'error';
    this.#close(reason, `the client ${what}`);
  }

  /** It is let in: from now on it gets messages, and may send. */
  join(packet: ConnectPacket): void {
    const { parts } = this;
    const { clock } = parts;
    this.#outgoing = new Outgoing(parts, this, packet.version === 5 ? packet : TAKES_MQTT_3);
    this.#state = 'joined';
    this.#silentSinceMs = clock.monotonicMs();
  }

  /** Looks, about every second, whether it is still there. */
  tick(nowMs: number): void {
    const { handshakeTimeoutMs } = this.parts.limits;
    const wasHeard = this.connection.takeHeard();
    // A CONNECT that drips is no sign of life: it must be whole in time.
    if (wasHeard && this.#state !== 'greeting') this.#silentSinceMs = nowMs;
    if (wasHeard && this.#state === 'joined' && this.session !== undefined) this.parts.host.heard(this.session);
    const silentMs = nowMs - this.#silentSinceMs;
    if (this.#state === 'greeting' && silentMs >= handshakeTimeoutMs) {
      this.fail(REASON.protocolError, 'sent no CONNECT in time', 'PEER_TIMEOUT');
    } else if (this.#state === 'joined' && this.keepAliveMs > 0 && silentMs > this.keepAliveMs * 1.5) {
      this.fail(REASON.keepAliveTimeout, 'was silent for longer than its keep-alive time', 'PEER_TIMEOUT');
    }
  }

  // What comes by its connection

  receive(packet: Packet): void {
    if (this.#state === 'greeting') {
      if (packet.kind === 'connect') this.#greet(packet);
      else this.fail(REASON.protocolError, 'sent another packet before its CONNECT');
      return;
    }
    if (this.#state !== 'joined') return;
    switch (packet.kind) {
      case 'publish':
        this.#incoming ??= new Incoming(this);
        this.#incoming.publish(packet);
        break;
      case 'puback':
        this.outgoing.acknowledged(packet.id);
        this.#subscribing?.goOn();
        break;
      case 'pubrec':
        this.outgoing.received(packet.id, packet.reason);
        break;
      case 'pubcomp':
        this.outgoing.completed(packet.id);
        this.#subscribing?.goOn();
        break;
      case 'pubrel':
        this.#incoming ??= new Incoming(this);
        this.#incoming.release(packet.id);
        break;
      case 'subscribe':
        this.#subscribing ??= new Subscribing(this);
        this.#subscribing.subscribe(packet);
        break;
      case 'unsubscribe':
        this.#subscribing ??= new Subscribing(this);
        this.#subscribing.unsubscribe(packet);
        break;
      case 'pingreq':
        this.connection.write(PINGRESP);
        break;
      case 'disconnect':
        this.#leave(packet);
        break;
      case 'connect':
        this.fail(REASON.protocolError, 'sent a second CONNECT');
        break;
      default:
        this.fail(REASON.protocolError, 'sent an AUTH, though it did not begin with an authentication method');
    }
  }

  faulty(fault: PacketFault | StreamFault): void {
    if (!(fault instanceof PacketFault)) {
      if (!this.#isReported) this.report(fault.code, fault.message);
      this.#isReported = true;
      this.#reason = fault.code === 'PEER_TOO_MANY' ? 'error' : 'timeout';
      this.#finish();
      this.connection.cut();
      return;
    }
    // A client that is told nothing better takes this for what it is: another version (MQTT 3.1.1, section 3.1.2.2).
    if (fault.reason === REASON.unsupportedVersion)
      this.connection.write(connack(4, { sessionPresent: false, code: 1 }));
    this.fail(fault.reason, fault.message, fault.code);
  }

  lost(code: 'PEER_TOO_SLOW' | 'PEER_TOO_LARGE', what: string): void {
    this.report(code, what);
  }

  emptied(): void {
    this.#outgoing?.goOn();
    this.#subscribing?.goOn();
  }

  broken(error: unknown): void {
    this.parts.failed(error);
    this.#isReported = true;
    this.#reason = 'error';
    this.#close(REASON.unspecified, 'there is a fault in the gateway');
  }

  disconnected(): void {
    this.#finish();
  }

  closed(): void {
    this.#gone(this);
  }

  #greet(packet: ConnectPacket): void {
    this.#state = 'waiting';
    this.version = packet.version;
    this.isBridge = packet.isBridge;
    this.#maxPacketBytes = packet.maxPacketBytes;
    this.#wantsReasons = packet.wantsProblemInformation;
    // What it sends before it is let in waits.
    this.connection.pause();
    new Arrival(this, packet).begin();
  }

  #leave({ reason, sessionExpiryS }: DisconnectPacket): void {
    if (sessionExpiryS !== undefined) {
      if (this.expiryMs === 0 && sessionExpiryS > 0) {
        this.fail(REASON.protocolError, 'asked for a session when it left, though it came without one');
        return;
      }
      this.expiryMs = Math.min(expiryMsOf(sessionExpiryS), this.parts.limits.maxSessionExpiryMs);
    }
    if (reason !== REASON.disconnectWithWill) this.parts.wills.drop(this.id);
    this.#reason = 'left';
    this.#finish();
    this.connection.end();
  }

  /** Ends the connection; in MQTT 5 it is told why. */
  #close(reason: number, why: string | undefined, done?: () => void): void {
    const wasJoined = this.#state === 'joined';
    if (wasJoined && this.version === 5) this.connection.write(this.explained(why, (text) => disconnect(reason, text)));
    else if ((this.#state === 'greeting' || this.#state === 'waiting') && this.connection.version === 5) {
      const refused = { sessionPresent: false, code: Math.max(reason, REASON.unspecified) };
      const packet = this.explained(why, (reasonString) => connack(5, refused, { reasonString }));
      if (this.takes(packet.length)) this.connection.write(packet);
    }
    this.#finish(done);
    this.connection.end();
  }

  /** It is no client any more. */
  #finish(done: () => void = ignore): void {
    const wasJoined = this.#state === 'joined';
    this.#state = 'over';
    if (!wasJoined) {
      done();
      return;
    }
    depart(this.parts, this, { outgoing: this.#outgoing, reason: this.#reason, done });
  }
}

function ignore(): void {}
