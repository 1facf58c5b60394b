import type { EngineSession } from '../contract.ts';
import type { Core, NewConnection } from '../core.ts';
import type { CoreParts } from '../delivery/parts.ts';
import type { ConnectionParts } from '../packet-outbox.ts';
import { Client } from './client.ts';
import { Connection } from './connection.ts';

/** Connections that do not close by themselves are left to themselves after this at shutdown. */
const CLOSE_MS = 500;

/** Our own broker core: MQTT 5, and any version before it. */
export class Mqtt5Core<S extends EngineSession> implements Core {
  readonly #parts: CoreParts<S>;
  readonly #connections: ConnectionParts;
  readonly #clients = new Set<Client<S>>();
  #whenEmpty: () => void = ignore;
  readonly #gone = (client: Client<S>): void => {
    this.#clients.delete(client);
    if (this.#clients.size === 0) this.#whenEmpty();
  };

  constructor(parts: CoreParts<S>, connections: ConnectionParts) {
    this.#parts = parts;
    this.#connections = connections;
  }

  accept({ stream, head, peer, brought }: NewConnection): void {
    const client = new Client<S>(this.#parts, peer, brought, this.#gone);
    const connection = new Connection(stream, this.#connections, client);
    client.open(connection);
    this.#clients.add(client);
    connection.begin(head);
  }

  /** Looks, about every second, who is still there. */
  tick(nowMs: number): void {
    for (const client of this.#clients) client.tick(nowMs);
  }

  async close(): Promise<void> {
    for (const client of [...this.#clients]) {
      client.noteReason('shutdown');
      client.end();
    }
    if (this.#clients.size > 0) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#whenEmpty = resolve;
        timer = setTimeout(resolve, CLOSE_MS);
      });
      clearTimeout(timer);
    }
    for (const client of this.#clients) client.connection.cut();
  }
}

function ignore(): void {}
