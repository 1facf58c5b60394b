import type { CodeName, Value } from '@crosscomm/protocol';
import { systemClock } from './system.ts';

/** What a gateway says became of a message, or of a wish to subscribe (docs/crosscomm.md). */
export interface TextReceipt {
  /** How many recipients have it, or how many channels are subscribed to. */
  delivered: number;
  refused: number;
  reason: CodeName | undefined;
}

/** `none`: the server gives no receipts. `lost`: the connection was lost before it came. */
export type ReceiptAnswer = TextReceipt | 'none' | 'lost';

/** How long a server that was asked for receipts is waited for, which may be one that knows none. */
const PATIENCE_MS = 5000;

/** The gateway's words that are not those of frames. */
const WORDS: Record<string, CodeName> = { bad_name: 'name_invalid', closed: 'offline', store_full: 'storage_full' };

/** The receipts of what was sent in CrossComm's text, where the server gives any. */
export class TextReceipts {
  readonly #codes: ReadonlySet<string>;
  readonly #waiting = new Map<string, (answer: ReceiptAnswer) => void>();
  /** `asked`: whether the server gives receipts is not known yet. */
  #state: 'none' | 'asked' | 'given' = 'none';
  #cancel: () => void = () => {};

  /** `codes`: the names of all codes. */
  constructor(codes: Iterable<string>) {
    this.#codes = new Set(codes);
  }

  /** The server was asked to give a receipt of each message. */
  asked(): void {
    this.#state = 'asked';
  }

  /** What becomes of the message with this id. */
  of(messageId: string): Promise<ReceiptAnswer> {
    if (this.#state === 'none') return Promise.resolve('none');
    if (this.#state === 'asked' && this.#waiting.size === 0) {
      this.#cancel = systemClock.after(PATIENCE_MS, () => this.answeredLater());
    }
    return new Promise((resolve) => this.#waiting.set(messageId, resolve));
  }

  /** The content of a receipt came. */
  take(content: Value): void {
    if (!(content instanceof Map)) return;
    this.#state = 'given';
    this.#cancel();
    const id = String(content.get('msg_id'));
    const reason = content.get('reason');
    this.#waiting.get(id)?.({
      delivered: Number(content.get('delivered')),
      refused: Number(content.get('refused')),
      reason: typeof reason === 'string' ? this.#code(reason) : undefined,
    });
    this.#waiting.delete(id);
  }

  /** The server has answered something that was asked later: without a receipt until now, it gives none. */
  answeredLater(): void {
    if (this.#state === 'asked') this.#end('none');
  }

  /** The connection is gone. */
  drop(): void {
    this.#end('lost');
  }

  #end(answer: ReceiptAnswer): void {
    this.#state = 'none';
    this.#cancel();
    for (const settle of this.#waiting.values()) settle(answer);
    this.#waiting.clear();
  }

  #code(reason: string): CodeName {
    return WORDS[reason] ?? (this.#codes.has(reason) ? (reason as CodeName) : 'internal');
  }
}
