import type { ConnectPacket } from '../codec/packets.ts';
import { REASON, type ReasonCode } from '../codec/reason-codes.ts';
import { type ConnackProperties, connack } from '../codec/write.ts';
import type { ConnectAnswer, EngineSession, RefusalCode } from '../contract.ts';
import { lookAgain, takeUp, willOf } from '../delivery/residence.ts';
import { isTopicName } from '../topic-names.ts';
import type { CoreClient } from './core-client.ts';
import { expiryMsOf } from './session-expiry.ts';

/** How many messages of QoS 1 and 2 a client of MQTT 5 may have under way to the gateway. */
export const RECEIVE_MAXIMUM = 1024;
/** How many topic aliases it may use. */
export const ALIAS_MAXIMUM = 64;

/** Return codes of MQTT 3 as MQTT 5 says them. */
const REASONS: Readonly<Record<RefusalCode, ReasonCode>> = {
  2: REASON.badClientId,
  3: REASON.unavailable,
  4: REASON.badCredentials,
  5: REASON.notAuthorized,
};

/**
 * The CONNACKs of clients of MQTT 5 that are told no more than what is allowed here, which are nearly all: without a session and with one,
 * by the longest packet. They are made once.
 */
const welcomes = new Map<number, readonly [Buffer, Buffer]>();

function welcome(maxPacketBytes: number, sessionPresent: boolean): Buffer {
  let both = welcomes.get(maxPacketBytes);
  if (both === undefined) {
    const properties = allowed(maxPacketBytes);
    const one = (is: boolean): Buffer => connack(5, { sessionPresent: is, code: 0 }, properties);
    both = [one(false), one(true)];
    welcomes.set(maxPacketBytes, both);
  }
  return both[sessionPresent ? 1 : 0];
}

function allowed(maxPacketBytes: number): ConnackProperties {
  return { receiveMaximum: RECEIVE_MAXIMUM, maxPacketBytes, topicAliasMaximum: ALIAS_MAXIMUM };
}

/** How one client comes in, from its CONNECT to its CONNACK. */
export class Arrival<S extends EngineSession> {
  readonly #client: CoreClient<S>;
  readonly #packet: ConnectPacket;

  constructor(client: CoreClient<S>, packet: ConnectPacket) {
    this.#client = client;
    this.#packet = packet;
  }

  begin(): void {
    const client = this.#client;
    const { authMethod, will, clientId, username, password, version } = this.#packet;
    const { host } = client.parts;
    if (authMethod !== undefined) {
      client.report(
        'PEER_NOT_ALLOWED',
        `asked for the authentication method ${authMethod.slice(0, 40)}, of which there is none here`,
      );
      client.refuse(REASON.badAuthMethod, 'there is no enhanced authentication here; use a user name and a password');
      return;
    }
    if (will !== undefined && !isTopicName(will.topic)) {
      client.fail(version === 5 ? REASON.badTopicName : REASON.malformed, 'has a last will without a valid topic');
      return;
    }
    client.expiryMs = this.#expiryMs();
    const request = { id: clientId, username, password, willTopic: will?.topic };
    host.connect(client, request, (answer) => this.#answered(answer));
  }

  #expiryMs(): number {
    const { version, cleanStart, sessionExpiryS = 0 } = this.#packet;
    const { maxSessionExpiryMs } = this.#client.parts.limits;
    const asked = version === 5 ? expiryMsOf(sessionExpiryS) : cleanStart ? 0 : Number.POSITIVE_INFINITY;
    return Math.min(asked, maxSessionExpiryMs);
  }

  #answered(answer: ConnectAnswer<S>): void {
    const client = this.#client;
    if (!client.isWaiting) return;
    if (answer.refused !== undefined) {
      const { refused, reason = REASONS[refused], why } = answer;
      client.refuse(client.version === 5 ? reason : refused, why);
      return;
    }
    const { session } = answer;
    client.id = session.id;
    client.session = session;
    if (!this.#takesConnack()) return;
    const { store, live } = client.parts;
    store.sessions.claim(session.id, session.account);
    if (client.isWaiting && live.isFree(session.id)) this.#comeIn();
    else {
      live.claim(session.id, client);
      this.#enter();
    }
  }

  /** False: the client takes no packet as long as its CONNACK, and is refused. [MQTT-3.1.2-24] */
  #takesConnack(): boolean {
    const client = this.#client;
    if (this.#packet.maxPacketBytes === undefined) return true;
    const { length } = this.#connack(true, this.#isKeepAliveCapped);
    if (client.takes(length)) return true;
    client.report('PEER_TOO_LARGE', `takes no packet of ${length} bytes, which the answer to its CONNECT has`);
    client.parts.host.left(client.session as S, 'error');
    client.refuse(REASON.packetTooLarge, 'its maximum packet size is too small');
    return false;
  }

  #enter(): void {
    const client = this.#client;
    const { live } = client.parts;
    if (!client.isWaiting || !live.isNext(client.id, client)) {
      live.unclaim(client.id, client);
      client.parts.host.left(client.session as S, client.isWaiting ? 'replaced' : 'closed');
      client.end();
      return;
    }
    // The old connection's end, its last will included, comes before the new one's beginning.
    const replaced = live.get(client.id);
    if (replaced !== undefined) {
      replaced.replace(() => this.#enter());
      return;
    }
    this.#comeIn();
  }

  /** Nobody else has its id. */
  #comeIn(): void {
    const client = this.#client;
    const { id, connection } = client;
    const { live, wills, limits } = client.parts;
    const { cleanStart, keepAliveS, will } = this.#packet;
    const isCapped = this.#isKeepAliveCapped;
    client.isResumed = takeUp(client.parts, client, cleanStart);
    wills.set(id, will && willOf(client, will));
    client.keepAliveMs = (isCapped ? limits.maxKeepAliveS : keepAliveS) * 1000;
    client.join(this.#packet);
    live.enter(id, client);
    lookAgain(client.parts, client);
    connection.write(this.#connack(client.isResumed, isCapped));
    client.outgoing.resume();
    connection.resume();
  }

  get #isKeepAliveCapped(): boolean {
    const { version, keepAliveS } = this.#packet;
    const { maxKeepAliveS } = this.#client.parts.limits;
    return maxKeepAliveS > 0 && (keepAliveS === 0 || keepAliveS > maxKeepAliveS) && version === 5;
  }

  #connack(sessionPresent: boolean, isKeepAliveCapped: boolean): Buffer {
    const { id, expiryMs, parts, version, session } = this.#client;
    if (version !== 5) return connack(version, { sessionPresent, code: 0 });
    const { maxPacketBytes, maxKeepAliveS } = parts.limits;
    const { clientId, sessionExpiryS = 0, wantsResponseInformation } = this.#packet;
    const isExpiryCapped = expiryMs < expiryMsOf(sessionExpiryS);
    if (!isExpiryCapped && !isKeepAliveCapped && !wantsResponseInformation && clientId !== '') {
      return welcome(maxPacketBytes, sessionPresent);
    }
    const properties: ConnackProperties = {
      ...allowed(maxPacketBytes),
      sessionExpiryS: isExpiryCapped ? Math.floor(expiryMs / 1000) : undefined,
      assignedClientId: clientId === '' ? (session?.names?.inward(id) ?? id) : undefined,
      responseInformation: wantsResponseInformation ? parts.host.responseTopic(session as S) : undefined,
      serverKeepAliveS: isKeepAliveCapped ? maxKeepAliveS : undefined,
    };
    return connack(5, { sessionPresent, code: 0 }, properties);
  }
}
