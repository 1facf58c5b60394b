import type { ConnectAnswer, EngineSession, PublishRefusal } from '../contract.ts';
import type { CoreParts } from '../delivery/parts.ts';
import { lookAgain, takeUp, willOf } from '../delivery/residence.ts';
import { isTopicName } from '../topic-names.ts';
import { type AedesClient, clientOf } from './client.ts';
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
import type { Publishing } from './publishing.ts';

/** The answers to what aedes asks: the engine's own, and those of its host. */
export class Questions<S extends EngineSession> implements CoreQuestions {
  readonly #parts: CoreParts<S>;
  readonly #persistence: AedesPersistence;
  readonly #publishing: Publishing<S>;
  /** What connections said in their CONNECT, until they are let in or refused. */
  readonly #introductions = new WeakMap<CoreClient, Introduction>();

  constructor(parts: CoreParts<S>, persistence: AedesPersistence, publishing: Publishing<S>) {
    this.#parts = parts;
    this.#persistence = persistence;
    this.#publishing = publishing;
  }

  /** The questions as functions that need no `this`: aedes calls them as its own. */
  forAedes(): CoreQuestions {
    return {
      preConnect: this.preConnect.bind(this),
      authenticate: this.authenticate.bind(this),
      authorizePublish: this.authorizePublish.bind(this),
      authorizeSubscribe: this.authorizeSubscribe.bind(this),
    };
  }

  preConnect(core: CoreClient, packet: CoreConnect, done: Callback<boolean>): void {
    // aedes pauses at `authenticate`, a turn later; what is read until then it would carry out for whoever is refused afterwards.
    core.pause();
    const { will, clientId } = packet;
    if (will && !isTopicName(will.topic)) {
      done(new Error('its last will has no valid topic'), false);
      return;
    }
    // Last wills are the engine's affair.
    packet.will = undefined;
    this.#introductions.set(core, { clientId, will });
    done(null, true);
  }

  authenticate(
    core: CoreClient,
    username: string | undefined,
    password: Buffer | undefined,
    done: Callback<boolean>,
  ): void {
    const { clientId = '', will } = this.#introductions.get(core) ?? {};
    this.#introductions.delete(core);
    const client = clientOf<S>(core) as AedesClient<S>;
    client.expiryMs = core.clean ? 0 : this.#parts.limits.maxSessionExpiryMs;
    client.connection.isWaiting = true;
    const request = { id: clientId, username, password, willTopic: will?.topic };
    this.#parts.host.connect(client, request, (answer) => this.#answer(client, answer, will, done));
  }

  #answer(client: AedesClient<S>, answer: ConnectAnswer<S>, will: CoreConnect['will'], done: Callback<boolean>): void {
    const { connection } = client;
    connection.isWaiting = false;
    if (answer.refused !== undefined) {
      connection.reported = true;
      done(Object.assign(new Error('refused'), { returnCode: answer.refused }), false);
      return;
    }
    const { session } = answer;
    client.id = session.id;
    client.session = session;
    this.#parts.store.sessions.claim(session.id, session.account);
    this.#parts.live.claim(client.id, client);
    this.#enter(client, will, done);
  }

  #enter(client: AedesClient<S>, will: CoreConnect['will'], done: Callback<boolean>): void {
    const { live, wills, host } = this.#parts;
    if (client.isClosed || !live.isNext(client.id, client)) {
      live.unclaim(client.id, client);
      host.left(client.session as S, client.isClosed ? 'closed' : 'replaced');
      client.session = undefined;
      client.end();
      return;
    }
    // The old connection's end, its last will included, comes before the new one's beginning.
    const replaced = live.get(client.id);
    if (replaced !== undefined) {
      replaced.replace(() => setImmediate(() => this.#enter(client, will, done)));
      return;
    }
    const isPresent = takeUp(this.#parts, client, client.isClean);
    if (isPresent) this.#persistence.notePresent(client.id);
    if (client.stored !== undefined) client.received = client.stored.received;
    wills.set(client.id, will && willOf(client, will));
    live.enter(client.id, client);
    lookAgain(this.#parts, client);
    done(null, true);
  }

  authorizePublish(core: CoreClient | null, packet: CorePacket, done: Done): void {
    const client = core === null ? undefined : clientOf<S>(core);
    if (client === undefined) {
      done(null);
      return;
    }
    const message = this.#publishing.take(packet, client);
    const verdict = this.#parts.host.mayPublish(message, client.session);
    if (!(verdict instanceof Promise)) this.#decide(client, packet, verdict, done);
    else {
      verdict.then(
        (refusal) => this.#decide(client, packet, refusal, done),
        (error: Error) => {
          client.connection.reported = true;
          done(error);
        },
      );
    }
  }

  #decide(client: AedesClient<S>, packet: CorePacket, refusal: PublishRefusal | undefined, done: Done): void {
    if (refusal === undefined) this.#publishing.beforeAcknowledged(packet, client, done);
    else if (!refusal.isFatal) {
      packet.isDropped = true;
      done(null);
    } else {
      client.connection.reported = true;
      done(new Error(refusal.why ?? 'refused'));
    }
  }

  authorizeSubscribe(core: CoreClient, asked: CoreSubscription, done: Callback<CoreSubscription | null>): void {
    const client = clientOf<S>(core) as AedesClient<S>;
    const { session, isLive } = client;
    const { topic: filter, qos } = asked;
    const isRefused =
      this.#persistence.isPlaceholder(asked) ||
      session === undefined ||
      !isLive ||
      this.#parts.host.subscribeRefusal(session, filter) !== undefined;
    if (isRefused) {
      done(null, null);
      return;
    }
    // A bridge does not get what it sent, and sees what was published to be retained.
    const isBridge = asked.nl === true;
    const durable = client.stored !== undefined;
    this.#parts.store.subscriptions.set({
      ...{ id: client.id, filter, qos, durable, noLocal: isBridge, retainAsPublished: isBridge },
    });
    done(null, asked);
  }
}

interface Introduction {
  clientId: string;
  will: CoreConnect['will'];
}
