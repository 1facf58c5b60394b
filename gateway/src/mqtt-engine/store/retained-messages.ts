import type { Clock } from '../../common/clock.ts';
import type { Owner, SharedBudget } from '../../common/shared-budget.ts';
import { retainedBytes } from '../../hub/kept-bytes.ts';
import { isPattern } from '../../hub/pattern.ts';
import type { HeldMessage, RetainedMessage } from '../contract.ts';
import { EngineMessage } from '../message.ts';
import type { Disk } from './disk.ts';
import { payloadOf, writeMessage } from './records.ts';
import { RETAINED } from './session-keys.ts';
import { TopicTree } from './topic-tree.ts';

/** What stands for a message that is kept elsewhere; each time another object, as a message that is kept here is. */
class Held implements RetainedMessage {
  readonly topic: string;
  /** It is the topic's. */
  isKept = true;
  readonly qos = DEFAULT_QOS;
  /** A message that was kept here is still on disk, so that there is no moment at which neither is. */
  readonly isStored: boolean;
  readonly #ask: AskHeld;

  constructor(topic: string, isStored: boolean, ask: AskHeld) {
    this.topic = topic;
    this.isStored = isStored;
    this.#ask = ask;
  }

  /** Empty where it is kept no more. */
  get payload(): Buffer {
    return this.#ask(this.topic)?.payload ?? NOTHING;
  }

  /** As it goes to a subscriber now; undefined where it is kept no more. */
  read(): EngineMessage | undefined {
    const { topic } = this;
    const held = this.#ask(topic);
    if (held === undefined || held.payload.length === 0) return undefined;
    const { payload, qos = DEFAULT_QOS, properties, expiresAtMs } = held;
    return new EngineMessage({ topic, payload, qos, properties, expiresAtMs, retain: true });
  }
}

/** A message that is kept elsewhere; undefined where it is not any more. */
export type AskHeld = (topic: string) => HeldMessage | undefined;

export interface RetainedParts {
  disk: Disk;
  clock: Pick<Clock, 'monotonicMs' | 'after'>;
  /** The room for retained messages, which the hub counts its own in too. */
  budget: SharedBudget;
  askHeld: AskHeld;
  /** A message that `id` published to `topic` was not kept for later subscribers, as there is no room. */
  full(id: string | undefined, topic: string): void;
}

const NOTHING = Buffer.alloc(0);
/** Of a message that no MQTT client published. */
const DEFAULT_QOS = 1;
/** How often messages are looked for that are worth nothing any more, and that nobody has met. */
const SWEEP_MS = 60_000;

/**
 * The retained messages that MQTT clients published, in memory and on disk, and of those that the hub keeps that it does: what they say
 * is asked for when somebody is to get it. The hub's budget bounds their number and their bytes, for the hub's own and these together.
 */
export class RetainedMessages {
  readonly #parts: RetainedParts;
  readonly #tree = new TopicTree<EngineMessage | Held>();
  /** The topics of messages that expire. */
  readonly #expiring = new Set<string>();
  #stopSweep: (() => void) | undefined;

  constructor(parts: RetainedParts) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#tree.size;
  }

  /** Takes in what an earlier run left, whether there is room for it or not. `message` has memory of its own. */
  restore(message: EngineMessage): void {
    const { topic, payload } = message;
    this.#parts.budget.restore(topic, retainedBytes(topic, payload), ownerOf(message));
    this.#set(topic, message);
  }

  /** The same of an earlier version's, which is written anew. */
  takeOver(message: EngineMessage): void {
    this.restore(message);
    this.#write(message);
  }

  /** Stages the write of a message, whose payload is part of what is written from then on. */
  #write(message: EngineMessage): void {
    const record = writeMessage(message, { qos: message.qos, retain: true, identifiers: undefined });
    message.detach(payloadOf(record, message.payload.length));
    this.#parts.disk.put(RETAINED + message.topic, record);
  }

  /**
   * Keeps a message for later subscribers of its topic in place of any other, in memory at once, and stages its write; one with an empty
   * payload only takes the other away, and so does one for which there is no room. What no client published is kept by the hub: see `hold`.
   */
  keep(message: EngineMessage): void {
    const { topic, payload, clientId } = message;
    if (clientId === undefined) this.hold(topic);
    else if (payload.length === 0) this.clear(topic);
    else if (this.#parts.budget.set(topic, retainedBytes(topic, payload), ownerOf(message))) {
      this.#write(message);
      this.#set(topic, message);
    } else {
      // The one before is not the last one any more.
      this.clear(topic);
      this.#parts.full(clientId, topic);
    }
  }

  /**
   * Notes that the hub keeps a message for a topic, in place of any other, and has counted it. One that was kept here stays on disk, so
   * that there is no moment at which neither is; after a restart the hub's goes before it.
   */
  hold(topic: string): void {
    this.#set(topic, new Held(topic, this.#isStored(topic), this.#parts.askHeld));
  }

  /** Takes a topic's message away, without telling anyone. */
  clear(topic: string): void {
    const leaf = this.#tree.get(topic);
    if (leaf === undefined) return;
    if (this.#isStored(topic)) this.#parts.disk.del(RETAINED + topic);
    const message = leaf.value;
    message.isKept = false;
    this.#tree.delete(leaf);
    this.#expiring.delete(topic);
    // What the hub keeps, the hub counts.
    if (message instanceof EngineMessage) this.#parts.budget.delete(topic);
  }

  get(topic: string): RetainedMessage | undefined {
    const message = this.#tree.get(topic)?.value;
    return message === undefined || this.#isOver(message) ? undefined : message;
  }

  /** The topic's message, where it is kept here. */
  own(topic: string): EngineMessage | undefined {
    const message = this.get(topic);
    return message instanceof EngineMessage ? message : undefined;
  }

  *allOwn(): Generator<EngineMessage> {
    for (const { value: message } of this.#tree.leaves()) {
      if (message instanceof EngineMessage && !this.#isOver(message)) yield message;
    }
  }

  /** The messages on topics that the filter matches. What they say: see `read`. */
  match(filter: string): RetainedMessage[] {
    const one = isPattern(filter) ? undefined : this.#tree.get(filter);
    const found = one === undefined ? (isPattern(filter) ? this.#tree.match(filter) : []) : [one.value];
    return this.#expiring.size === 0 ? found : found.filter((message) => !this.#isOver(message));
  }

  /** The message that `match` found, as it goes to a subscriber now; undefined where it is not the topic's any more. */
  read(found: RetainedMessage): EngineMessage | undefined {
    if (found instanceof EngineMessage) return found.isKept && !this.#isOver(found) ? found : undefined;
    return found instanceof Held && found.isKept ? found.read() : undefined;
  }

  stop(): void {
    this.#stopSweep?.();
    this.#stopSweep = undefined;
  }

  /** True where the topic has a message on disk here. */
  #isStored(topic: string): boolean {
    const message = this.#tree.get(topic)?.value;
    return message instanceof Held ? message.isStored : message !== undefined;
  }

  #set(topic: string, message: EngineMessage | Held): void {
    const leaf = this.#tree.get(topic);
    if (leaf === undefined) this.#tree.add(topic, message);
    else {
      leaf.value.isKept = false;
      leaf.value = message;
    }
    message.isKept = true;
    if (message instanceof EngineMessage && message.expiresAtMs !== undefined) {
      this.#expiring.add(topic);
      this.#stopSweep ??= this.#parts.clock.after(SWEEP_MS, () => this.#sweep());
    } else if (this.#expiring.size > 0) this.#expiring.delete(topic);
  }

  /** Takes a message away that is worth nothing any more. */
  #isOver(message: RetainedMessage): boolean {
    if (!(message instanceof EngineMessage) || message.expiresAtMs === undefined) return false;
    if (!message.isExpired(this.#parts.clock.monotonicMs())) return false;
    this.clear(message.topic);
    return true;
  }

  #sweep(): void {
    this.#stopSweep = undefined;
    for (const topic of this.#expiring) this.get(topic);
    if (this.#expiring.size > 0) this.#stopSweep = this.#parts.clock.after(SWEEP_MS, () => this.#sweep());
  }
}

function ownerOf({ clientId, address }: EngineMessage): Owner {
  return { client: clientId ?? '', address };
}
