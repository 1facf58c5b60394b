import { FakeEgress } from '@crosscomm/testing/fake-egress';
import type { GroupCommit } from '../../../../src/common/group-commit.ts';
import { sealedText } from '../../../../src/common/sealed.ts';
import type { Hub } from '../../../../src/hub/hub.ts';
import { Message, type MessageInit } from '../../../../src/hub/message.ts';
import type { Delivery, Session } from '../../../../src/hub/session.ts';
import type { MemoryDisk } from './disk.ts';

/** Whoever listens to this channel in each room has a session that lasts. */
export const TALK = 'talk';
const QUEUE = 'queue:';
const SESSION = 'session:';

/** Sessions that last, as MQTT's do: what waits for them is on disk, in the write that has whatever else came of it. */
export class Sessions extends FakeEgress {
  readonly #disk: MemoryDisk;
  readonly #writes: GroupCommit;
  readonly #hub: Hub;
  readonly #queues = new Map<string, Map<string, string>>();
  #next: number;

  /** `first`: the first number of what comes now, above those of all earlier runs. */
  constructor(disk: MemoryDisk, writes: GroupCommit, hub: Hub, first: number) {
    super();
    this.#next = first;
    this.#disk = disk;
    this.#writes = writes;
    this.#hub = hub;
    for (const key of disk.keys(SESSION)) this.#queues.set(key.slice(SESSION.length), new Map());
    for (const key of disk.keys(QUEUE)) {
      const [, id = ''] = key.split(':');
      this.#queues.get(id)?.set(key, sealedText.decode(disk.get(key) as Buffer));
    }
  }

  /** Makes a session, if there is none. */
  open(id: string): void {
    if (this.#queues.has(id)) return;
    this.#queues.set(id, new Map());
    this.#writes.put(SESSION + id, sealedText.encode(''));
  }

  /** What waits for a session and is safe, with what tells it from all else. */
  written(id: string): [key: string, text: string][] {
    return [...(this.#queues.get(id) ?? [])].filter(([key]) => this.#disk.get(key) !== undefined);
  }

  /** The client has acknowledged it. */
  remove(id: string, key: string): void {
    this.#queues.get(id)?.delete(key);
    this.#writes.del(key);
  }

  add(id: string, { body }: Message): Delivery {
    const key = `${QUEUE}${id}:${String(this.#next++).padStart(9, '0')}`;
    this.#queues.get(id)?.set(key, String(body));
    this.#writes.put(key, sealedText.encode(String(body)));
    return 'delivered';
  }

  override publish(message: Message): number {
    const { to } = message;
    if (to === TALK) this.add('ears', message);
    else if (this.keepsFor(to)) this.add(to, message);
    else return 0;
    return 1;
  }

  override reach(channel: string): number {
    return channel === TALK ? 1 : 0;
  }

  override keepsFor(id: string): boolean {
    return this.holds(id) && this.#hub.session(id) === undefined && this.#hub.elsewhere.homes.homeOf(id) === undefined;
  }

  *holders(): Generator<string> {
    for (const id of this.#queues.keys()) if (this.holds(id)) yield id;
  }

  holds(id: string): boolean {
    return id !== 'ears' && this.#queues.has(id);
  }

  async takeWaiting(
    id: string,
    _account: string | undefined,
    take: (message: MessageInit) => boolean,
  ): Promise<boolean> {
    for (;;) {
      await new Promise(setImmediate);
      if (this.#hub.session(id) !== undefined) return false;
      const [first] = this.#queues.get(id) ?? [];
      if (first === undefined) return true;
      const [key, body] = first;
      if (!take({ from: 'somebody', to: id, kind: 'text', body, timestampMs: 0 })) return false;
      this.remove(id, key);
    }
  }
}

/** A client that is here. */
export class Visit implements Session {
  readonly protocol = 'mqtt';
  readonly id: string;
  readonly #sessions: Sessions;

  constructor(id: string, sessions: Sessions) {
    this.id = id;
    this.#sessions = sessions;
  }

  deliver(message: Message): Delivery {
    return this.#sessions.add(this.id, message);
  }

  close(): void {}
}

/** A message whose sender is told when it is safe. */
export function keptText(from: string, to: string, body: string): Message {
  return new Message({ from, to, kind: 'text', body, timestampMs: 0, isKept: true });
}
