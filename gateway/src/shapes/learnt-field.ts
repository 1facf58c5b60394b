import { type FieldShape, ordered, typeOf, type ValueType } from './shape.ts';

/** So many items of an array are looked at. */
const MAX_ITEMS = 32;

/** What was seen of one field; takes the same memory whatever comes. */
export class LearntField {
  readonly #name: string;
  readonly #types = new Set<ValueType>();
  readonly #items = new Set<ValueType>();
  #seen = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #maxLength = -1;

  /** `name` has memory of its own. */
  constructor(name: string) {
    this.#name = name;
  }

  get types(): ReadonlySet<ValueType> {
    return this.#types;
  }

  /** In how many messages it was. */
  get seen(): number {
    return this.#seen;
  }

  /** Takes a value as `JSON.parse` gives it; `type` where that says less than is known. */
  add(value: unknown, type: ValueType = typeOf(value)): void {
    this.#seen++;
    this.#types.add(type);
    if (typeof value === 'number') {
      this.#min = Math.min(this.#min, value);
      this.#max = Math.max(this.#max, value);
    } else if (typeof value === 'string') this.#maxLength = Math.max(this.#maxLength, value.length);
    else if (Array.isArray(value)) {
      this.#maxLength = Math.max(this.#maxLength, value.length);
      for (let index = 0; index < value.length && index < MAX_ITEMS; index++) this.#items.add(typeOf(value[index]));
    }
  }

  /** What it is in a channel of which so many messages were looked at. */
  shape(messages: number): FieldShape {
    const hasNumbers = this.#min <= this.#max;
    return {
      name: this.#name,
      types: ordered(this.#types),
      isOptional: this.#seen < messages,
      min: hasNumbers ? this.#min : undefined,
      max: hasNumbers ? this.#max : undefined,
      maxLength: this.#maxLength < 0 ? undefined : this.#maxLength,
      items: this.#types.has('array') ? ordered(this.#items) : undefined,
    };
  }
}
