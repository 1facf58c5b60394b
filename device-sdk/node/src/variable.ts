import type { Delivery } from './conversation.ts';

/** What a variable does with the outside. */
export interface VariableLink {
  send(value: unknown): Promise<Delivery>;
}

/**
 * A value that everybody who names the same channel and key has in common: OOCSI's variables, an Arduino's, and a browser's. It is
 * sent when it is set; whoever comes later knows it from the next time on.
 */
export class Variable<T = unknown> {
  readonly channel: string;
  readonly key: string;
  readonly #link: VariableLink;
  readonly #handlers = new Set<(value: T, from: string) => void>();
  #value: T | undefined;

  constructor(channel: string, key: string, link: VariableLink) {
    this.channel = channel;
    this.key = key;
    this.#link = link;
  }

  /** The last value that was set here or came; undefined where there was none yet. */
  get(): T | undefined {
    return this.#value;
  }

  /** Sets it for everybody. */
  set(value: T): Promise<Delivery> {
    this.#value = value;
    return this.#link.send({ [this.key]: value });
  }

  /** Calls `handler` with each value that comes from another. Returns what ends that. */
  onChange(handler: (value: T, from: string) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** A value came. */
  receive(value: T, from: string): void {
    this.#value = value;
    for (const handler of this.#handlers) handler(value, from);
  }
}
