import { Aedes, type AedesOptions } from 'aedes';
import type { AedesPersistence } from './persistence.ts';
import { type CoreClient, type CorePacket, type Done, original } from './private.ts';

export interface BrokerParts {
  persistence: AedesPersistence;
  /** Hands a message to everyone; `client` is null where aedes itself has something to say. */
  publish(packet: CorePacket, client: CoreClient | null, done: Done): void;
}

/** aedes, which speaks with clients: what they publish goes to everyone by the engine, and what they get comes from there. */
export class Broker extends Aedes {
  declare clients: Record<string, CoreClient | undefined>;
  readonly #parts: BrokerParts;

  constructor(options: AedesOptions, parts: BrokerParts) {
    super({ ...options, mq: new NoEmitter() as AedesOptions['mq'], persistence: parts.persistence });
    this.#parts = parts;
  }

  // @ts-expect-error aedes' types know only one of the two signatures that aedes uses.
  publish(packet: CorePacket, from: CoreClient | null | Done, then?: Done): void {
    const client = typeof from === 'function' ? null : from;
    const done = typeof from === 'function' ? from : (then ?? ignore);
    this.#parts.publish(packet, client, done);
  }

  /** A connection that ended while it was being set up is not registered; it would close its successor and stay. */
  registerClient(client: CoreClient): void {
    if (!client.closed) original.registerClient.call(this, client);
  }

  /** A client that was replaced does not take its successor with it. */
  unregisterClient(client: CoreClient): void {
    if (this.clients[client.id] === client) original.unregisterClient.call(this, client);
  }
}

/** Stands where aedes hands messages to subscribers: nobody gets any there. */
class NoEmitter {
  readonly concurrent = 0;
  readonly current = 0;

  on(_topic: string, _listener: unknown, done: () => void = ignore): this {
    done();
    return this;
  }

  removeListener(_topic: string, _listener: unknown, done: () => void = ignore): this {
    done();
    return this;
  }

  emit(_message: object, done: () => void = ignore): void {
    done();
  }

  close(done: () => void = ignore): void {
    done();
  }
}

function ignore(): void {}
