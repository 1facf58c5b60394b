import type { Delivery } from './conversation.ts';
import { SERVER } from './message.ts';

/** How a variable is shared. */
export interface VariableOptions {
  /**
   * The gateway keeps the last value that anybody sets, over restarts of its own, of this program and of devices, and gives it here as
   * soon as it is online. Default: false. pywayne's own server keeps nothing.
   */
  keep?: boolean;
}

/** What a variable does with the outside. */
export interface VariableLink {
  send(value: unknown): Promise<Delivery>;
  /** Has the gateway keep it, and tell by `receiveKept` what it keeps. */
  keep(): void;
}

/**
 * A value that everybody who names the same channel and key has in common: OOCSI's variables, an Arduino's, and a browser's. It is
 * sent when it is set. Whoever comes later knows it from the next time on, or at once where it is kept.
 */
export class Variable<T = unknown> {
  readonly channel: string;
  readonly key: string;
  readonly keeps: boolean;
  readonly #link: VariableLink;
  readonly #handlers = new Set<(value: T, from: string) => void>();
  #value: T | undefined;
  /** Values that were set here and of which the gateway has not said yet that it has them. */
  #underWay = 0;
  #isTold = false;
  /** It was set to null, which ends that it is kept. */
  #isEnded = false;

  constructor(channel: string, key: string, link: VariableLink, { keep = false }: VariableOptions = {}) {
    this.channel = channel;
    this.key = key;
    this.keeps = keep;
    this.#link = link;
  }

  /** The last value that was set here or came; undefined where there was none yet. */
  get(): T | undefined {
    return this.#value;
  }

  /** Sets it for everybody. */
  async set(value: T): Promise<Delivery> {
    if (this.#isEnded && this.keeps) this.#link.keep();
    this.#isEnded = value === null;
    this.#value = value;
    this.#underWay++;
    try {
      return await this.#link.send({ [this.key]: value });
    } finally {
      this.#underWay--;
    }
  }

  /**
   * Has the gateway forget the value, and keep it no more until somebody with `keep` sets it or connects; the others who have the
   * variable hear null.
   */
  async forget(): Promise<Delivery> {
    this.#isEnded = true;
    this.#value = undefined;
    return await this.#link.send({ [this.key]: null });
  }

  /** Calls `handler` with each value that comes from another, the gateway's kept one included. Returns what ends that. */
  onChange(handler: (value: T, from: string) => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** There is a session that has not told the kept value yet. */
  asked(): void {
    this.#isTold = false;
  }

  /** A value came. */
  receive(value: T, from: string): void {
    // What comes before the kept value is older than what was set here.
    if (this.keeps && !this.#isTold && this.#underWay > 0) return;
    if (value === null) this.#isEnded = true;
    this.#value = value;
    for (const handler of this.#handlers) handler(value, from);
  }

  /** The gateway tells what it keeps, undefined for nothing. What was set here meanwhile comes later than that. */
  receiveKept(value: T | undefined): void {
    this.#isTold = true;
    if (this.#underWay === 0 && value !== undefined && !Object.is(value, this.#value)) this.receive(value, SERVER);
  }
}
