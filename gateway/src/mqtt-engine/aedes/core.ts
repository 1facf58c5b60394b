import type { Log } from '../../common/log.ts';
import { MAX_CLIENT_ID_LENGTH } from '../../common/names.ts';
import type { EngineSession } from '../contract.ts';
import type { Core, NewConnection } from '../core.ts';
import type { CoreParts } from '../delivery/parts.ts';
import type { ConnectionParts } from '../packet-outbox.ts';
import { MAX_TOPIC_LEVELS } from '../topic-names.ts';
import { Broker } from './broker.ts';
import { AedesClient } from './client.ts';
import { ClientReader } from './client-reader.ts';
import { Connection } from './connection.ts';
import { Listener } from './listener.ts';
import { AedesPersistence } from './persistence.ts';
import { asOptions, handle, listen } from './private.ts';
import { Publishing } from './publishing.ts';
import { Questions } from './questions.ts';

/** Packets that a client may send before it is told that it is connected. */
const MAX_EARLY_PACKETS = 4096;
/** Messages of QoS 2 that one client may leave unreleased. Only their numbers are kept. */
const MAX_UNRELEASED = 65_535;
/** aedes' own drain timer must not fire; the stream has one that knows progress from standstill. */
const NEVER_MS = 2 ** 31 - 1;
/** Connections that do not close by themselves are cut after this at shutdown. */
const CLOSE_MS = 500;

/** aedes as a broker core: MQTT 3.1 and 3.1.1. Nobody outside this folder knows how it does that. */
export class AedesCore<S extends EngineSession> implements Core {
  readonly #parts: CoreParts<S>;
  readonly #connectionParts: ConnectionParts;
  readonly #broker: Broker;
  readonly #connections = new Set<Connection>();

  constructor(parts: CoreParts<S>, connectionParts: ConnectionParts, log: Log) {
    this.#parts = parts;
    this.#connectionParts = connectionParts;
    const { handshakeTimeoutMs } = parts.limits;
    const persistence = new AedesPersistence(parts.store);
    const publishing = new Publishing(parts);
    const questions = new Questions(parts, persistence, publishing);
    const settings = {
      id: 'gateway',
      ...asOptions(questions.forAedes()),
      connectTimeout: handshakeTimeoutMs,
      drainTimeout: NEVER_MS,
      queueLimit: MAX_EARLY_PACKETS,
      maxInflightInbound: MAX_UNRELEASED,
      maxClientsIdLength: MAX_CLIENT_ID_LENGTH,
      maxTopicLevels: MAX_TOPIC_LEVELS,
    };
    this.#broker = new Broker(settings, {
      persistence,
      publish: (packet, client, done) => publishing.publish(packet, client, done),
    });
    listen(
      this.#broker,
      new Listener({ host: parts.host, subscriptions: parts.store.subscriptions, log, handshakeTimeoutMs }).events(),
    );
  }

  async open(): Promise<void> {
    await this.#broker.listen();
  }

  accept({ stream, head, peer, brought }: NewConnection): void {
    const connection = new Connection(stream, {
      ...{ peer, ...this.#connectionParts },
      onFault: ({ code, message }) => client.report(code, message),
      emptied: () => client.goOn(),
    });
    this.#connections.add(connection);
    connection.once('close', () => {
      this.#connections.delete(connection);
      client.leave();
    });
    const core = handle(this.#broker, connection);
    ClientReader.attach(core, this.#connectionParts.limits);
    const client = new AedesClient(this.#parts, core, brought);
    connection.begin(head);
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.reason = 'shutdown';
    const closed = new Promise<void>((resolve) => this.#broker.close(() => resolve()));
    for (const connection of this.#connections) {
      if (!(connection.owner as AedesClient<S>).isLive) connection.destroy();
    }
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, CLOSE_MS);
    });
    await Promise.race([closed, timeout]);
    clearTimeout(timer);
    for (const connection of this.#connections) connection.destroy();
  }
}
