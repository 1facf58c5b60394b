import type { ConnectPacket, Subscription as RequestedSubscription } from 'aedes';
import type { Admission } from '../../access/admission.ts';
import type { Denial } from '../../access/denial.ts';
import { Principal } from '../../access/principal.ts';
import type { ErrorCode } from '../../common/errors.ts';
import { makeUpId } from '../../common/made-up-ids.ts';
import { channelFault } from '../../common/names.ts';
import type { Clock } from '../../hub/clock.ts';
import type { Hub } from '../../hub/hub.ts';
import type { Broker, BrokerClient, BrokerPacket } from '../../mqtt-engine/aedes/core.ts';
import type { MqttPersistence } from '../../mqtt-engine/aedes/persistence.ts';
import { MAX_PACKET_ID } from '../../mqtt-engine/store/packet-ids.ts';
import { countLevels, isTopicName } from '../../mqtt-engine/topic-names.ts';
import { codeOfFault } from '../../objects/error-codes.ts';
import type { Incidents } from '../../observability/incidents.ts';
import { filesRecipient, filesTopicFault, readFile, type TakeFile } from './files.ts';
import { framesTopic, type MqttFrames } from './frames.ts';
import { MqttSession } from './session.ts';
import {
  DIRECT,
  decodeLevel,
  encodeLevel,
  FILES,
  FRAMES,
  isBridgeState,
  isGatewayTopic,
  PRESENCE,
  SYSTEM,
} from './topics.ts';

/** How many filters one client may subscribe to. */
const MAX_FILTERS = 1000;
/**
 * Where several clients have one id and take it from each other for ever, each connection waits so long for its turn: boards that
 * connect without a pause would keep the gateway busy with nothing else.
 */
const SHARED_ID_PAUSE_MS = 1000;
/** At this quality aedes hands a subscription every message as it was published; `authorizeForward` lowers it. */
const ANY_QOS = 2;

/** CONNACK return codes (MQTT 3.1.1, section 3.2.2.3). */
type ReturnCode = 2 | 3 | 4 | 5;

type Refuse = (returnCode: ReturnCode, code: ErrorCode, why: string) => void;

type Callback<T> = (error: Error | null, result: T) => void;

export interface AccessParts {
  hub: Hub;
  admission: Admission;
  clock: Clock;
  incidents: Incidents;
  persistence: MqttPersistence;
  /** A number from 0 up to but not including 1. */
  random(): number;
  broker(): Broker;
  /** The client's connection that is online. */
  session(id: string): MqttSession | undefined;
  /** Who serves device frames, if anyone does. */
  frames(): MqttFrames | undefined;
  /** Who takes files, if anyone does. */
  takeFile(): TakeFile | undefined;
  /** Notes that a client is online. */
  enter(session: MqttSession): void;
  /** Notes that a client's connection was replaced or is gone. */
  leave(session: MqttSession): void;
}

const NO_CHANNEL = 'it may not send to this channel';
const GUEST = 'its id is that of a device which is online by another connection; only its Hello counts';

/** Why nobody can be called as the level after `$direct/` or `$files/` says; undefined where somebody can, and for other topics. */
function recipientFault(topic: string): string | undefined {
  if (topic.startsWith(FILES)) return channelFault(filesRecipient(topic));
  return topic.startsWith(DIRECT) ? channelFault(decodeLevel(topic.slice(DIRECT.length))) : undefined;
}

/** What a connection said in its CONNECT. */
interface Introduction {
  hasId: boolean;
  will: ConnectPacket['will'];
  usesPassword: boolean;
}

/** How a connection comes in that was admitted. */
interface Entry {
  will: ConnectPacket['will'];
  /** The client gave no id, and has one of the gateway's. */
  isNameless: boolean;
  refuse: Refuse;
  done: Callback<boolean>;
}

/** `usesPassword`: the client has brought a name or password of a user. */
function returnCodeOf({ reason }: Denial, usesPassword: boolean | undefined): ReturnCode {
  switch (reason) {
    case 'bad_name':
    case 'reserved':
    case 'taken':
      return 2;
    case 'too_many':
    case 'busy':
    case 'failed':
      return 3;
    default:
      return usesPassword ? 4 : 5;
  }
}

/** Who left a last will in an earlier run. */
function formerly(id: string): Principal {
  return new Principal({ id, protocol: 'mqtt', peer: '', proof: 'none' });
}

/** Who may connect, publish and subscribe: the questions that aedes asks. */
export class Access {
  readonly #parts: AccessParts;
  readonly #introductions = new WeakMap<BrokerClient, Introduction>();

  constructor(parts: AccessParts) {
    this.#parts = parts;
  }

  preConnect(client: BrokerClient, packet: ConnectPacket, done: Callback<boolean>): void {
    this.#parts.broker().prepare(client);
    const { clientId, will } = packet;
    if (will && !isTopicName(will.topic)) {
      done(new Error('its last will has no valid topic'), false);
      return;
    }
    const usesPassword = packet.username !== undefined || packet.password !== undefined;
    this.#introductions.set(client, { hasId: clientId !== '', will, usesPassword });
    done(null, true);
  }

  authenticate(
    client: BrokerClient,
    username: string | undefined,
    password: Buffer | undefined,
    done: Callback<boolean>,
  ): void {
    const introduction = this.#introductions.get(client);
    this.#introductions.delete(client);
    const isNameless = !introduction?.hasId;
    const refuse: Refuse = (returnCode, code, why) => {
      this.#report(client, code, `was refused: ${why}`, isNameless ? client.conn.peer : undefined);
      client.conn.reported = true;
      done(Object.assign(new Error(why), { returnCode }), false);
    };
    if (isNameless && !client.clean) {
      refuse(2, 'PEER_BAD_NAME', 'a persistent session needs a client id');
      return;
    }
    if (isNameless) client.id = this.#makeUpId();
    const request = {
      id: client.id,
      protocol: 'mqtt',
      peer: client.conn.peer,
      username,
      password: password?.toString(),
      isGone: () => client.closed,
    } as const;
    this.#parts.admission.admit(request, ({ principal, denial }) => {
      if (denial) refuse(returnCodeOf(denial, introduction?.usesPassword), denial.code, denial.why);
      else this.#admit(client, principal, { will: introduction?.will, isNameless, refuse, done });
    });
  }

  /** Lets a client in once its connection may have what it asks for, and in its turn. */
  #admit(client: BrokerClient, principal: Principal, entry: Entry): void {
    const { clock, incidents, persistence } = this.#parts;
    const { id } = client;
    const { will, refuse } = entry;
    client.conn.principal = principal;
    if (!client.clean && !persistence.mayKeepSession(id)) {
      refuse(3, 'PEER_TOO_MANY', 'there are mqtt.maxSessions persistent sessions already; ask for a clean one');
      return;
    }
    const willFault = will && this.#publishFault(principal, will.topic);
    if (willFault) {
      refuse(5, 'PEER_NOT_ALLOWED', `its last will: ${willFault}`);
      return;
    }
    const enter = (): void => {
      if (!client.closed) this.#enter(client, principal, entry);
    };
    if (this.#parts.session(id) !== undefined && incidents.isShared(id)) clock.after(SHARED_ID_PAUSE_MS, enter);
    else enter();
  }

  /** Brings a client online, in place of another connection with its id (MQTT-3.1.4-2), unless another protocol has it. */
  #enter(client: BrokerClient, principal: Principal, { isNameless, refuse, done }: Entry): void {
    const { hub, admission, broker } = this.#parts;
    const { id } = client;
    const session = new MqttSession(broker(), client, isNameless);
    const replaced = this.#parts.session(id);
    const frames = this.#parts.frames();
    // A device of frames may come by MQTT for once; it proves by its Hello that it is the one.
    const guestOf = client.clean && frames !== undefined ? 'frames' : undefined;
    const denial = admission.enter(principal, session, { takeover: true, guestOf });
    const isGuest = denial?.by !== undefined && denial.by === guestOf;
    if (denial && !isGuest) {
      refuse(returnCodeOf(denial, false), denial.code, `${denial.why}; give each its own`);
      return;
    }
    if (isGuest) frames?.admit(session);
    // Two devices with one id: each takes the MQTT connection of the other.
    if (isGuest && replaced) hub.noteContest(session, 'replaced', replaced);
    if (replaced) this.#parts.leave(replaced);
    this.#parts.enter(session);
    // The old connection's end, its last will included, comes before the new one's beginning.
    if (replaced && !replaced.client.closed) replaced.client.close(() => setImmediate(done, null, true));
    else done(null, true);
  }

  #makeUpId(): string {
    const { hub, persistence, random } = this.#parts;
    return makeUpId('mqtt', { random, isTaken: (id) => hub.isTaken(id) || persistence.hasSession(id) });
  }

  /** Asked before each message, and before a last will; `client` is null for a will that an earlier run left. */
  authorizePublish(client: BrokerClient | null, packet: BrokerPacket, done: (error?: Error | null) => void): void {
    const principal = client?.conn.principal ?? formerly(client?.id ?? packet.clientId ?? '');
    const { id } = principal;
    const fault = this.#publishFault(principal, packet.topic);
    if (fault) {
      if (client) {
        const code = fault === recipientFault(packet.topic) ? 'PEER_BAD_NAME' : 'PEER_NOT_ALLOWED';
        this.#report(client, code, `published to ${packet.topic} and was disconnected: ${fault}`);
        client.conn.reported = true;
      }
      done(new Error(fault));
      return;
    }
    if (isGatewayTopic(packet.topic)) {
      packet.retain = false;
      if (packet.topic.startsWith(FRAMES)) {
        done(null);
        return;
      }
      if (packet.topic.startsWith(FILES)) {
        this.#takeFile(id, client, packet, done);
        return;
      }
      if (isBridgeState(packet.topic)) {
        done(null);
        return;
      }
      packet.topic = `${packet.topic}/${encodeLevel(id)}`;
    }
    // aedes acknowledges quality 1 before it publishes; what must outlive the process is written before that.
    if (packet.qos === 1 && client) this.#parts.broker().keep(packet, client, done);
    else done(null);
  }

  /** Answers with the subscription, or with null, which the client is told as failure 0x80. */
  authorizeSubscribe(
    client: BrokerClient,
    subscription: RequestedSubscription,
    done: Callback<RequestedSubscription | null>,
  ): void {
    this.#parts.persistence.chooseIds(client);
    if (this.#parts.persistence.isPlaceholder(subscription)) {
      done(null, null);
      return;
    }
    const { topic, qos } = subscription;
    const session = this.#parts.session(client.id);
    const refusal = this.#subscribeFault(client, session, topic);
    if (refusal) {
      this.#report(client, refusal.code, `may not subscribe to ${topic}: ${refusal.why}`);
      this.#parts.persistence.refuse(subscription);
      done(null, null);
      return;
    }
    session?.grant(topic, qos);
    done(null, { ...subscription, qos: ANY_QOS });
  }

  /** Asked before each delivery; null: this client does not get it. */
  authorizeForward(client: BrokerClient, packet: BrokerPacket): BrokerPacket | null {
    const stream = client.conn;
    const bytes = packet.topic.length + packet.payload.length;
    // What comes from the disk has its number already; a retained message, which nothing numbers, has its subscription's quality.
    const isLive = packet.messageId === undefined;
    const isRetained = packet.retain && !packet.brokerId;
    if (packet.qos > 0 && isLive && !isRetained) {
      packet.qos = this.#parts.session(client.id)?.lowered(packet.topic, packet.qos) ?? packet.qos;
    }
    const isKept = packet.qos > 0 && !client.clean && !isRetained;
    if (isKept && isLive && !this.#parts.persistence.claimLive(client, packet)) return null;
    if (!stream.hasRoom(bytes)) {
      if (!isKept) {
        this.#report(client, 'PEER_TOO_SLOW', 'reads too slowly; messages to it are dropped');
        return null;
      }
      // Its session keeps the message, and it gets it when it comes back.
      stream.fail({ code: 'PEER_TOO_SLOW', message: 'reads too slowly and was disconnected; its messages are kept' });
      return packet;
    }
    stream.announce(bytes);
    // A bridge gets messages marked as retained that are not; aedes would not note under which number its queue has them.
    if (isKept && isLive && packet.retain) this.#number(client, packet);
    return packet;
  }

  #number(client: BrokerClient, packet: BrokerPacket): void {
    packet.messageId = client._nextId;
    client._nextId = client._nextId >= MAX_PACKET_ID ? 1 : client._nextId + 1;
    this.#parts.persistence.outgoingUpdate(client, packet).catch((error: Error) => client.emit('error', error));
  }

  /** Quality 1 and 2 are acknowledged when the file is on disk; who cannot be told otherwise is disconnected. */
  #takeFile(id: string, client: BrokerClient | null, packet: BrokerPacket, done: (error?: Error | null) => void): void {
    const taking = this.#parts.takeFile()?.(readFile(packet, id)) ?? Promise.resolve();
    taking.then(
      () => done(null),
      (error: Error) => {
        const code = codeOfFault(error) ?? 'INTERNAL';
        const message = `The file that the MQTT client ${id} published was not taken. ${error.message}`;
        this.#parts.incidents.report({ door: 'mqtt', who: id, code, message });
        if (client && packet.qos > 0) client.conn.reported = true;
        done(packet.qos === 0 ? null : error);
      },
    );
  }

  #publishFault(principal: Principal, topic: string): string | undefined {
    const { id } = principal;
    if (topic.includes('\0')) return 'a topic must not contain the character NUL';
    const isGateways = isGatewayTopic(topic);
    if (isGateways && topic.startsWith(FRAMES)) {
      const isOwn = this.#parts.frames() !== undefined && topic === framesTopic(id, 'up');
      return isOwn ? undefined : 'a device publishes its frames to $frames/<its id>/up';
    }
    if (this.#isGuest(id)) return GUEST;
    if (isGateways) {
      if (topic.startsWith(FILES) && this.#parts.takeFile() !== undefined) {
        const fault = filesTopicFault(topic) ?? recipientFault(topic);
        return fault ?? (this.#parts.admission.maySend(principal, filesRecipient(topic)) ? undefined : NO_CHANNEL);
      }
      if (isBridgeState(topic)) return undefined;
      if (topic.startsWith(DIRECT) && topic.length > DIRECT.length && countLevels(topic) === 2) {
        return recipientFault(topic);
      }
      return 'this topic is one of the gateway’s own; write to a client at $direct/<its id>';
    }
    return this.#parts.admission.maySend(principal, topic) ? undefined : NO_CHANNEL;
  }

  #subscribeFault(
    client: BrokerClient,
    session: MqttSession | undefined,
    topic: string,
  ): { code: ErrorCode; why: string } | undefined {
    const { admission } = this.#parts;
    const { principal } = client.conn;
    const isFrames = this.#parts.frames() !== undefined && topic === framesTopic(client.id, 'down');
    if (!isFrames && this.#isGuest(client.id)) return { code: 'PEER_NOT_ALLOWED', why: GUEST };
    if (isGatewayTopic(topic) && !isFrames) {
      const own = `${DIRECT}${encodeLevel(client.id)}`;
      const isOwn = topic === own || topic.startsWith(`${own}/`);
      if (!isOwn && !topic.startsWith(PRESENCE) && !topic.startsWith(SYSTEM)) {
        const why = `of the gateway’s own topics, it may read ${own}/#, ${PRESENCE}# and ${SYSTEM}#`;
        return { code: 'PEER_NOT_ALLOWED', why };
      }
    } else if (topic.includes('\0') || principal === undefined || !admission.maySubscribe(principal, topic)) {
      return { code: 'PEER_NOT_ALLOWED', why: 'it may not read this channel' };
    }
    if (session && !session.hasFilter(topic) && session.filterCount >= MAX_FILTERS) {
      return { code: 'PEER_TOO_MANY', why: `a client may subscribe to ${MAX_FILTERS} topic filters` };
    }
    return undefined;
  }

  #isGuest(id: string): boolean {
    const frames = this.#parts.frames();
    return frames?.anyAway === true && frames.isGuest(this.#parts.session(id));
  }

  #report(client: BrokerClient, code: ErrorCode, what: string, who = client.id ?? client.conn.peer): void {
    this.#parts.incidents.report({ door: 'mqtt', who, code, message: `The MQTT client ${who} ${what}.` });
  }
}
