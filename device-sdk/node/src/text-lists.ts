import type { Value, ValueMap } from '@crosscomm/protocol';
import { toPlain } from './content.ts';
import type { ListedClient } from './conversation.ts';
import { systemClock } from './system.ts';
import { parseObject } from './text-codec.ts';

const TIMEOUT_MS = 5000;

type Settle = (clients: ListedClient[] | undefined) => void;

/** Questions for the list of clients, in CrossComm's text. Answers have no number, but they come in the order of the questions. */
export class TextLists {
  readonly #open = new Set<Settle>();

  /** A question was sent; resolves to undefined where no answer comes. */
  asked(): Promise<ListedClient[] | undefined> {
    return new Promise((resolve) => {
      const settle: Settle = (clients) => {
        cancel();
        this.#open.delete(settle);
        resolve(clients);
      };
      const cancel = systemClock.after(TIMEOUT_MS, () => settle(undefined));
      this.#open.add(settle);
    });
  }

  /** The content of an answer came. */
  take(content: Value): void {
    const [first] = this.#open;
    const clients = typeof content === 'string' ? parseObject(content)?.get('clients') : undefined;
    first?.(Array.isArray(clients) ? clients.filter((client) => client instanceof Map).map(listedClient) : undefined);
  }

  /** The connection is gone. */
  drop(): void {
    for (const settle of [...this.#open]) settle(undefined);
  }
}

function listedClient(client: ValueMap): ListedClient {
  const number = (key: string): number | null => {
    const value = toPlain(client.get(key) ?? null);
    return typeof value === 'number' ? value : null;
  };
  return {
    clientId: String(client.get('client_id')),
    status: client.get('status') === 'online' ? 'online' : 'offline',
    lastHeartbeat: number('last_heartbeat'),
    loginTime: number('login_time'),
  };
}
