import type { Duplex } from 'node:stream';
import type { Admission } from '../../access/admission.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { Log } from '../../common/log.ts';
import type { Metrics } from '../../common/metrics.ts';
import { isBridgeId } from '../../common/names.ts';
import type { Egress } from '../../hub/egress.ts';
import type { Hub } from '../../hub/hub.ts';
import type { LeaveReason } from '../../hub/session.ts';
import type { Room, Trail } from '../../hub/tracer.ts';
import type {
  ConnectAnswer,
  ConnectRequest,
  EngineClient,
  EngineHost,
  HeldMessage,
  MqttEngine,
  Published,
  PublishVerdict,
  SubscribeRefusal,
} from '../../mqtt-engine/contract.ts';
import { openMqttEngine } from '../../mqtt-engine/open-engine.ts';
import { DEFAULT_MAX_SESSIONS, type EngineOptions } from '../../mqtt-engine/options.ts';
import type { Incidents } from '../../observability/incidents.ts';
import { type Traffic, trafficOf } from '../../observability/traffic.ts';
import type { Brought } from '../../transports/wire.ts';
import type { BridgePort } from '../bridge-port.ts';
import type { FrameWire } from '../frames/wire.ts';
import { MqttCalls } from './calls.ts';
import { MqttEgress } from './egress.ts';
import { Entrance } from './entrance.ts';
import type { TakeFile } from './files.ts';
import { type MqttFrameLink, MqttFrames } from './frames.ts';
import { MqttIngress } from './ingress.ts';
import { type MqttParts, report, reportBridge } from './parts.ts';
import { readAsked, sendPast } from './past.ts';
import { Permissions } from './permissions.ts';
import { Presence } from './presence.ts';
import { heldMessage } from './retained-extra.ts';
import type { MqttSession } from './session.ts';
import { DIRECT, encodeLevel, isChannelTopic, isOwnTopic, PRESENCE } from './topics.ts';
import { openTrail } from './tracing.ts';

export interface MqttBrokerOptions extends Omit<EngineOptions, 'retainedBudget' | 'damaged' | 'sent'> {
  hub: Hub;
  access: Admission;
  incidents: Incidents;
  metrics: Metrics;
  /** A number from 0 up to but not including 1. Default: of Math.random. */
  random?: () => number;
}

type MutableParts = { -readonly [Key in keyof MqttParts]: MqttParts[Key] };
type Unfinished = Omit<MutableParts, 'calls'>;

/** Opens MQTT: a broker core with its sessions on disk, and its mapping to the hub. */
export async function createMqttBroker(options: MqttBrokerOptions): Promise<MqttBroker> {
  const { hub, incidents, metrics } = options;
  const { sent } = trafficOf(metrics, 'mqtt');
  const engineOptions: EngineOptions = {
    ...options,
    retainedBudget: hub.retainedBudget,
    sent,
    damaged: (message) => incidents.report({ door: 'mqtt', who: 'the database', code: 'DATA_DAMAGED', message }),
  };
  return await openMqttEngine(engineOptions, (engine: MqttEngine<MqttSession>) => new MqttBroker(options, engine));
}

/** MQTT as a way into the conversation. */
export class MqttBroker implements EngineHost<MqttSession> {
  /** To be attached to the hub. */
  readonly egress: Egress;
  readonly #parts: MutableParts;
  readonly #log: Log;
  readonly #traffic: Traffic;
  readonly #ingress: MqttIngress;
  readonly #presence: Presence;
  readonly #permissions: Permissions;
  readonly #entrance: Entrance;
  readonly #stopReviews: () => void;

  /** Use `createMqttBroker`. */
  constructor(
    { hub, access, clock, incidents, metrics, log, maxSessions, random = Math.random }: MqttBrokerOptions,
    engine: MqttEngine<MqttSession>,
  ) {
    const unfinished: Unfinished = {
      ...{ hub, access, clock, incidents, random, engine, egress: new MqttEgress(engine, clock) },
      ...{ frames: undefined, takeFile: undefined, filesOf: () => '' },
    };
    const parts: MutableParts = Object.assign(unfinished, { calls: new MqttCalls(unfinished) });
    this.#parts = parts;
    this.#log = log;
    this.#traffic = trafficOf(metrics, 'mqtt');
    showKept(metrics, engine);
    this.egress = parts.egress;
    this.#ingress = new MqttIngress(parts);
    this.#presence = new Presence({ hub, access, engine });
    this.#permissions = new Permissions(parts, 2 * (maxSessions ?? DEFAULT_MAX_SESSIONS));
    this.#entrance = new Entrance(parts, this.#permissions);
    this.#stopReviews = access.onReview(() => this.#review());
  }

  /** Lets devices speak frames by MQTT. Call it before anyone connects. */
  serveFrames(connect: (wire: FrameWire) => MqttFrameLink): void {
    this.#parts.frames = new MqttFrames(this.#parts.hub, this.#parts.access, connect);
  }

  /**
   * Lets clients publish files to `$files/<recipient>/<kind>/<name>`; the keys of all files of a client begin with `filesOf` it. Call it
   * before anyone connects.
   */
  serveFiles(take: TakeFile, filesOf: (client: string) => string): void {
    this.#parts.takeFile = take;
    this.#parts.filesOf = filesOf;
  }

  /**
   * Shows the hub what is retained here, and publishes the last wills of clients that were connected when the gateway
   * was killed. Call it once, when the hub has its own state back and this broker's egress is attached.
   */
  async start(): Promise<void> {
    const { hub, engine } = this.#parts;
    for (const { topic, account } of engine.retained.allOwn()) {
      if (isChannelTopic(topic) && hub.retained(topic) === undefined)
        this.#ingress.mirror(topic, 'mqtt', account, true);
    }
    this.#review();
    await engine.start();
  }

  /**
   * Takes over a connection: a TCP or TLS socket, or the duplex of a WebSocket. `peer` is its address, for logs.
   */
  accept(stream: Duplex, peer: string, brought: Brought = {}): void {
    this.#parts.engine.accept(stream, peer, brought);
  }

  /** What bridges to other brokers need of this one. */
  get bridges(): BridgePort {
    const { engine } = this.#parts;
    return {
      reserve: (id, maxBytes) => engine.reserve(id, maxBytes),
      accept: (stream, peer, account) => engine.accept(stream, peer, { bridge: { account } }),
      waiting: (id) => engine.waiting(id),
      hasSession: (id) => engine.hasSession(id),
      subscriptions: (id) => engine.subscriptions(id),
      forgetReceived: (id) => engine.forgetReceived(id),
      sessionIds: () => [...engine.sessionIds()].filter(isBridgeId),
      endSession: (id) => engine.endSession(id),
    };
  }

  /** Resolves when what was published so far is on disk where it belongs there; rejects where it cannot be written. */
  written(): Promise<void> {
    return this.#parts.engine.written();
  }

  /** Ends every connection; last wills are published. What must be on disk is there when this resolves. */
  async close(): Promise<void> {
    this.#presence.stop();
    this.#stopReviews();
    await this.#parts.engine.close();
  }

  /** Accounts or roles may have changed: an account that comes back later under the name of one that is gone finds nothing. */
  #review(): void {
    const { access, engine } = this.#parts;
    this.#permissions.forgetAway();
    engine.endSessions((account) => !access.isAccount(account));
  }

  // What the engine asks and tells

  connect(client: EngineClient, request: ConnectRequest, answer: (answer: ConnectAnswer<MqttSession>) => void): void {
    this.#entrance.connect(client, request, answer);
  }

  mayPublish(message: Published, session: MqttSession | undefined): PublishVerdict {
    return this.#permissions.mayPublish(message, session);
  }

  plainFilter(written: string, session: MqttSession | undefined): string {
    const filter = session?.names?.outward(written) ?? written;
    return readAsked(filter)?.filter ?? filter;
  }

  subscribeRefusal(session: MqttSession, filter: string): SubscribeRefusal | undefined {
    return this.#permissions.subscribeRefusal(session, filter);
  }

  keep(message: Published): boolean {
    return this.#parts.hub.keeps && this.#ingress.keep(message);
  }

  published(message: Published): number {
    if (message.clientId === undefined) return 0;
    this.#traffic.received.value++;
    try {
      return this.#ingress.pass(message);
    } catch (error) {
      // Some publications come here from a promise, where an exception would end the gateway.
      const context = { code: 'INTERNAL' as const, err: error, topic: message.topic };
      this.#log.error(context, 'A message from MQTT did not get into the hub.');
      return 0;
    }
  }

  get followable(): Room {
    return this.#parts.hub.tracer.room;
  }

  follow(message: Published): Trail | undefined {
    const { hub } = this.#parts;
    return hub.tracer.takeRoom(message.clientId ?? '') ? openTrail(hub, message) : undefined;
  }

  followLost(message: Published): Trail | undefined {
    const { hub } = this.#parts;
    return hub.tracer.takeLostRoom() ? openTrail(hub, message) : undefined;
  }

  responseTopic({ owner }: MqttSession): string {
    return `${DIRECT}${encodeLevel(owner.inward(owner.id))}`;
  }

  mayReceive(session: MqttSession, topic: string): boolean {
    return this.#permissions.mayReceive(session, topic);
  }

  mayReceiveLater(id: string, account: string | undefined, topic: string): boolean {
    // What is for a client that has moved to another gateway waits there.
    if (isOwnTopic(id, topic) && this.#parts.hub.elsewhere.homes.homeOf(id) !== undefined) return false;
    return this.#permissions.mayReceiveLater(id, account, topic);
  }

  subscribed(session: MqttSession, written: readonly string[]): void {
    const { client, owner, names } = session;
    for (const asWritten of written) {
      const filter = names?.outward(asWritten) ?? asWritten;
      const asked = readAsked(filter);
      if (asked !== undefined) sendPast(this.#parts.hub, session, asked, (topic) => this.mayReceive(session, topic));
      if (!filter.startsWith(PRESENCE)) continue;
      for (const publication of this.#presence.snapshot(filter, owner)) client.send(publication);
    }
  }

  heard({ id }: MqttSession): void {
    this.#parts.hub.touch(id);
  }

  held(topic: string): HeldMessage | undefined {
    const { hub } = this.#parts;
    const message = hub.retained(topic);
    return message && heldMessage(message, hub.retainedRecord(topic));
  }

  left(session: MqttSession, reason: LeaveReason): void {
    session.isOver = true;
    // What MQTT 5 says of a message is said to nobody any more, and the core drops it.
    const { access } = this.#parts;
    if (session.owner.meter !== undefined)
      access.quotas.left(session.owner, session.client.version === 5 ? 0 : undefined);
    this.#parts.frames?.leave(session);
    this.#parts.calls.left(session);
    this.#parts.hub.leave(session, reason);
  }

  report(who: string, code: ErrorCode, what: string): void {
    if (isBridgeId(who)) reportBridge(this.#parts, who, code, what);
    else report(this.#parts, who, code, what);
  }
}

/** Makes known how much the broker keeps for clients that may be away. */
function showKept(metrics: Metrics, engine: Pick<MqttEngine<MqttSession>, 'kept'>): void {
  const sessions = 'MQTT sessions that outlive their connections, those of clients that are connected included.';
  metrics.gauge({ name: 'crosscomm_mqtt_sessions', help: sessions }, () => engine.kept.sessions);
  const queued = 'Bytes that wait on disk for MQTT clients with such a session.';
  metrics.gauge({ name: 'crosscomm_mqtt_queued_bytes', help: queued, unit: 'bytes' }, () => engine.kept.queuedBytes);
}
