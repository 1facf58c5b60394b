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
      client.refuse(REASON.badAuthMethod);
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
      const { refused, reason = REASONS[refused] } = answer;
      client.refuse(client.version === 5 ? reason : refused);
      return;
    }
    const { session } = answer;
    client.id = session.id;
    client.session = session;
    client.parts.store.sessions.claim(session.id, session.account);
    client.parts.live.claim(client.id, client);
    this.#enter();
  }

  #enter(): void {
    const client = this.#client;
    const { live, wills, limits } = client.parts;
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
    const { id, connection } = client;
    const { cleanStart, keepAliveS, will } = this.#packet;
    const isPresent = takeUp(client.parts, client, cleanStart);
    wills.set(id, will && willOf(client, will));
    const { maxKeepAliveS } = limits;
    const isCapped = maxKeepAliveS > 0 && (keepAliveS === 0 || keepAliveS > maxKeepAliveS) && client.version === 5;
    client.keepAliveMs = (isCapped ? maxKeepAliveS : keepAliveS) * 1000;
    client.join(this.#packet);
    live.enter(id, client);
    lookAgain(client.parts, client);
    const properties = client.version === 5 ? this.#properties(isCapped) : undefined;
    connection.write(connack(client.version, { sessionPresent: isPresent, code: 0 }, properties));
    client.outgoing.resume();
    connection.resume();
  }

  #properties(isKeepAliveCapped: boolean): ConnackProperties {
    const { id, expiryMs, parts } = this.#client;
    const { clientId, sessionExpiryS = 0, wantsResponseInformation } = this.#packet;
    const isExpiryCapped = expiryMs < expiryMsOf(sessionExpiryS);
    return {
      sessionExpiryS: isExpiryCapped ? Math.floor(expiryMs / 1000) : undefined,
      receiveMaximum: RECEIVE_MAXIMUM,
      maxPacketBytes: parts.limits.maxPacketBytes,
      assignedClientId: clientId === '' ? id : undefined,
      topicAliasMaximum: ALIAS_MAXIMUM,
      responseInformation: wantsResponseInformation ? parts.host.responseTopic(this.#client.session as S) : undefined,
      serverKeepAliveS: isKeepAliveCapped ? parts.limits.maxKeepAliveS : undefined,
    };
  }
}
