import type { Counter } from '../../common/metrics.ts';
import type { ConnectAnswer, EngineHost, EngineSession } from '../contract.ts';
import type { LiveClients } from '../store/live-clients.ts';
import type { MqttStore } from '../store/store.ts';
import { isTopicName } from '../topic-names.ts';
import { type AedesClient, ownerOf } from './client.ts';
import type { Core } from './core.ts';
import type { AedesPersistence } from './persistence.ts';
import type {
  Callback,
  CoreClient,
  CoreConnect,
  CorePacket,
  CoreQuestions,
  CoreSubscription,
  Done,
} from './private.ts';

/** At this QoS aedes hands a subscription every message as it was published; `authorizeForward` lowers it. */
const ANY_QOS = 2;

export interface QuestionsParts<S> {
  host: EngineHost<S>;
  store: MqttStore;
  persistence: AedesPersistence;
  live: LiveClients<AedesClient<S>>;
  /** Counts each message that goes to a client. */
  sent: Counter;
  core(): Core;
  /** Takes out a client that another connection replaces. */
  leave(client: AedesClient<S>): void;
}

/** The answers to what aedes asks: the engine's own, and those of its host. */
export class Questions<S extends EngineSession> implements CoreQuestions {
  readonly #parts: QuestionsParts<S>;
  /** What connections said in their CONNECT, until they are let in or refused. */
  readonly #introductions = new WeakMap<CoreClient, CoreConnect>();

  constructor(parts: QuestionsParts<S>) {
    this.#parts = parts;
  }

  /** The questions as functions that need no `this`: aedes calls them as its own. */
  forAedes(): CoreQuestions {
    return {
      preConnect: this.preConnect.bind(this),
      authenticate: this.authenticate.bind(this),
      authorizePublish: this.authorizePublish.bind(this),
      authorizeSubscribe: this.authorizeSubscribe.bind(this),
      authorizeForward: this.authorizeForward.bind(this),
    };
  }

  preConnect(core: CoreClient, packet: CoreConnect, done: Callback<boolean>): void {
    this.#parts.core().prepare(core);
    // aedes pauses at `authenticate`, a turn later; what is read until then it would carry out for whoever is refused afterwards.
    core.pause();
    if (packet.will && !isTopicName(packet.will.topic)) {
      done(new Error('its last will has no valid topic'), false);
      return;
    }
    this.#introductions.set(core, packet);
    done(null, true);
  }

  authenticate(
    core: CoreClient,
    username: string | undefined,
    password: Buffer | undefined,
    done: Callback<boolean>,
  ): void {
    const introduction = this.#introductions.get(core);
    this.#introductions.delete(core);
    const will = introduction?.will;
    const request = { id: introduction?.clientId ?? '', username, password, willTopic: will?.topic };
    const client = ownerOf<S>(core);
    client.connection.isWaiting = true;
    this.#parts.host.connect(client, request, (answer) => {
      if (will && answer.session?.account !== undefined) will.account = answer.session.account;
      this.#answer(client, answer, done);
    });
  }

  #answer(client: AedesClient<S>, { session, refused }: ConnectAnswer<S>, done: Callback<boolean>): void {
    const { core, connection } = client;
    connection.isWaiting = false;
    if (session === undefined) {
      connection.reported = true;
      done(Object.assign(new Error('refused'), { returnCode: refused }), false);
      return;
    }
    core.id = session.id;
    client.session = session;
    const { live, leave, store } = this.#parts;
    store.sessions.claim(session.id, session.account);
    const replaced = live.get(session.id);
    if (replaced) leave(replaced);
    live.enter(session.id, client);
    // The old connection's end, its last will included, comes before the new one's beginning.
    if (replaced && !replaced.isClosed) replaced.end(() => setImmediate(done, null, true));
    else done(null, true);
  }

  authorizePublish(core: CoreClient | null, packet: CorePacket, done: Done): void {
    const client = core === null ? undefined : ownerOf<S>(core);
    const verdict = this.#parts.host.mayPublish(packet, client?.session);
    if (verdict === undefined) this.#keepFirst(core, packet, done);
    else if (verdict === false) drop(packet, done);
    else if (typeof verdict === 'string') {
      if (client) client.connection.reported = true;
      done(new Error(verdict));
    } else {
      verdict.then(
        (answer) => (answer === false ? drop(packet, done) : this.#keepFirst(core, packet, done)),
        (error: Error) => {
          if (client) client.connection.reported = true;
          done(error);
        },
      );
    }
  }

  /** aedes acknowledges QoS 1 before it publishes; what must outlive the process is written before that. */
  #keepFirst(core: CoreClient | null, packet: CorePacket, done: Done): void {
    if (packet.qos === 1 && core) this.#parts.core().keep(packet, core, done);
    else done(null);
  }

  authorizeSubscribe(core: CoreClient, asked: CoreSubscription, done: Callback<CoreSubscription | null>): void {
    const { host, store, persistence } = this.#parts;
    const { session, isLive } = ownerOf<S>(core);
    const { topic: filter, qos } = asked;
    if (persistence.isPlaceholder(asked) || session === undefined || !isLive || !host.maySubscribe(session, filter)) {
      done(null, null);
      return;
    }
    // A bridge does not get what it sent, and sees what was published to be retained.
    const isBridge = asked.nl === true;
    store.subscriptions.set({
      id: core.id,
      filter,
      qos,
      durable: !core.clean,
      noLocal: isBridge,
      retainAsPublished: isBridge,
    });
    done(null, { ...asked, qos: ANY_QOS });
  }

  authorizeForward(core: CoreClient, packet: CorePacket): CorePacket | null {
    const { host, persistence, sent } = this.#parts;
    const { conn } = core;
    const client = ownerOf<S>(core);
    // What waited on disk, and what is retained, is asked for here too: the rules may be others by now.
    if (client.session !== undefined && !host.mayReceive(client.session, packet.topic)) return null;
    const bytes = packet.topic.length + packet.payload.length;
    // What comes from the disk has its number already; a retained message, which nothing numbers, has its subscription's QoS.
    const isLive = packet.messageId === undefined;
    const isRetained = packet.retain && !packet.brokerId;
    if (packet.qos > 0 && isLive && !isRetained) packet.qos = client.lowered(packet.topic, packet.qos);
    const isKept = packet.qos > 0 && !core.clean;
    if (isKept && !persistence.number(core, packet, this.#parts.core().delivered)) return null;
    if (!conn.hasRoom(bytes)) {
      if (!isKept) {
        host.report(core.id, 'PEER_TOO_SLOW', 'reads too slowly; messages to it are dropped');
        return null;
      }
      // Its session keeps the message, and it gets it when it comes back.
      conn.fail({ code: 'PEER_TOO_SLOW', message: 'reads too slowly and was disconnected; its messages are kept' });
      return packet;
    }
    conn.announce(bytes);
    sent.value++;
    return packet;
  }
}

/** Has a message acknowledged that goes nowhere; see `Core.publish`. */
function drop(packet: CorePacket, done: Done): void {
  packet.isDropped = true;
  done(null);
}
