/** What of a message on disk counts here: `cmd` is `publish`, or what is left of it is its number. */
interface StoredPacket {
  cmd: string;
  topic: string;
  payload: Buffer;
  messageId?: number | undefined;
}

export interface QueueLimits {
  /** How many messages wait on disk for one client. */
  maxQueued: number;
  /** How many bytes wait for all clients together; one of them has a quarter at most. */
  maxQueuedBytes: number;
}

/** What waits for one client. */
interface Queue {
  count: number;
  bytes: number;
}

const NOTHING: Queue = { count: 0, bytes: 0 };
/** What share of all queues' bytes one client may have. */
const QUARTER = 4;
/** What a message on disk takes beside its topic and payload. */
const MESSAGE_BYTES = 100;

/** How many messages, and how many bytes, wait on disk for each client that has a session, and whether more may. */
export class QueueBudget {
  readonly #limits: QueueLimits;
  readonly #queues = new Map<string, Queue>();
  #bytes = 0;
  /** What the messages of QoS 2 that a connection was sent and has not confirmed count in its queue, by packet id. */
  readonly #unconfirmed = new WeakMap<object, Map<number | undefined, number>>();

  constructor(limits: QueueLimits) {
    this.#limits = limits;
  }

  /** True where anything waits for this client. */
  has(id: string): boolean {
    return this.#queues.has(id);
  }

  /** The clients that anything waits for. */
  ids(): Iterable<string> {
    return this.#queues.keys();
  }

  /** Counts a message of so many bytes that an earlier run left, whether there is room for it or not. */
  restore(id: string, bytes: number): void {
    this.#count(id, 1, bytes);
  }

  /** Counts a message that is to wait for a client; false where there is no room for it. */
  add(id: string, packet: StoredPacket): boolean {
    const queue = this.#queues.get(id) ?? NOTHING;
    const bytes = bytesOf(packet);
    const { maxQueued, maxQueuedBytes } = this.#limits;
    if (
      queue.count >= maxQueued ||
      queue.bytes + bytes > maxQueuedBytes / QUARTER ||
      this.#bytes + bytes > maxQueuedBytes
    ) {
      return false;
    }
    this.#count(id, 1, bytes);
    return true;
  }

  /** What was taken off a client's queue, a message or only its number, counts no more. */
  delete(id: string, packet: StoredPacket): void {
    this.#count(id, -1, packet.cmd === 'publish' ? bytesOf(packet) : MESSAGE_BYTES);
  }

  /** A connection is sent a message of QoS 2 that waits for it. */
  sent(client: object, packet: StoredPacket): void {
    const unconfirmed = this.#unconfirmed.get(client) ?? new Map<number | undefined, number>();
    this.#unconfirmed.set(client, unconfirmed);
    unconfirmed.set(packet.messageId, bytesOf(packet));
  }

  /** A connection confirms that it received one: only the number waits on. */
  confirmed(client: { readonly id: string }, messageId: number | undefined): void {
    const unconfirmed = this.#unconfirmed.get(client);
    const queue = this.#queues.get(client.id);
    const bytes = Math.min((unconfirmed?.get(messageId) ?? MESSAGE_BYTES) - MESSAGE_BYTES, queue?.bytes ?? 0);
    unconfirmed?.delete(messageId);
    if (queue === undefined) return;
    queue.bytes -= bytes;
    this.#bytes -= bytes;
  }

  /** Nothing waits for this client any more. */
  clear(id: string): void {
    const queue = this.#queues.get(id);
    this.#queues.delete(id);
    this.#bytes -= queue?.bytes ?? 0;
  }

  #count(id: string, change: 1 | -1, size: number): void {
    let queue = this.#queues.get(id);
    if (queue === undefined) {
      queue = { count: 0, bytes: 0 };
      this.#queues.set(id, queue);
    }
    const bytes = change > 0 ? size : -Math.min(size, queue.bytes);
    queue.count += change;
    if (queue.count > 0) queue.bytes += bytes;
    this.#bytes += queue.count > 0 ? bytes : -queue.bytes;
    if (queue.count <= 0) this.#queues.delete(id);
  }
}

function bytesOf({ topic, payload }: StoredPacket): number {
  return topic.length + payload.length + MESSAGE_BYTES;
}
