import type { SendOptions } from './contract.ts';
import type { Message } from './message.ts';
import type { Receipt } from './receipt.ts';

/**
 * Is called with each message that was sent, its receipt, and how it was sent. It must be quick, as every sender waits for it. The receipt of
 * a message that came from another matcher (`ingress`) does not count who gets it there.
 */
export type Observer = (
  message: Message,
  receipt: Receipt,
  how: Pick<SendOptions, 'passwords' | 'ingress' | 'account'>,
) => void;

interface Entry {
  readonly observer: Observer;
  isOver: boolean;
}

/** The observers of a hub. */
export class Observers {
  /** Replaced and never changed, so that one may come or go while a message is shown. */
  #entries: readonly Entry[] = [];
  readonly #failed: (error: unknown) => void;

  /** `failed` is told what an observer threw; neither the sender nor the other observers notice, and it goes on. */
  constructor(failed: (error: unknown) => void) {
    this.#failed = failed;
  }

  get size(): number {
    return this.#entries.length;
  }

  /** Shows `observer` what is sent from the next message on, until the returned function is called. */
  add(observer: Observer): () => void {
    const entry: Entry = { observer, isOver: false };
    this.#entries = [...this.#entries, entry];
    return () => {
      entry.isOver = true;
      this.#entries = this.#entries.filter((other) => other !== entry);
    };
  }

  show(message: Message, receipt: Receipt, how: Pick<SendOptions, 'passwords' | 'ingress' | 'account'>): void {
    for (const { observer, isOver } of this.#entries) {
      if (isOver) continue;
      try {
        observer(message, receipt, how);
      } catch (error) {
        this.#failed(error);
      }
    }
  }
}
