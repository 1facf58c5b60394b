import { detachText } from '../hub/detach.ts';
import { type Content, fieldsOf } from './content.ts';
import { LearntField } from './learnt-field.ts';
import type { Shape } from './shape.ts';

/** Of one channel. */
const MAX_FIELDS = 64;
/** A field of a longer name is not remembered. */
const MAX_NAME_LENGTH = 100;
/** How much the newest gap between two messages counts. */
const GAP_SHARE = 1 / 8;

/** What one channel carries. */
export class LearntShape {
  readonly #fields = new Map<string, LearntField>();
  #messages = 0;
  #hasMore = false;
  #lastMs = 0;
  #everyMs: number | undefined;

  /** How many fields it remembers. */
  get size(): number {
    return this.#fields.size;
  }

  /** Takes what a message carries; `nowMs` by `Clock.monotonicMs`. */
  add(content: Content, nowMs: number): void {
    if (this.#messages > 0) {
      const gapMs = nowMs - this.#lastMs;
      this.#everyMs = this.#everyMs === undefined ? gapMs : this.#everyMs + (gapMs - this.#everyMs) * GAP_SHARE;
    }
    this.#lastMs = nowMs;
    this.#messages++;
    for (const [name, value, type] of fieldsOf(content)) this.#field(name)?.add(value, type);
  }

  shape(channel: string): Shape {
    return {
      channel,
      messages: this.#messages,
      everyMs: this.#everyMs === undefined ? undefined : Math.round(this.#everyMs),
      fields: Array.from(this.#fields.values(), (field) => field.shape(this.#messages)),
      hasMore: this.#hasMore,
    };
  }

  #field(name: string): LearntField | undefined {
    const known = this.#fields.get(name);
    if (known !== undefined) return known;
    if (this.#fields.size >= MAX_FIELDS || name.length > MAX_NAME_LENGTH) {
      this.#hasMore = true;
      return undefined;
    }
    const own = detachText(name);
    const field = new LearntField(own);
    this.#fields.set(own, field);
    return field;
  }
}
