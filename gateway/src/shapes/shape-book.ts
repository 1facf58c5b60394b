import type { Clock } from '../common/clock.ts';
import { detachText } from '../hub/detach.ts';
import type { Message } from '../hub/message.ts';
import { contentOf } from './content.ts';
import { LearntShape } from './learnt-shape.ts';
import type { Shape } from './shape.ts';

export interface ShapeLimits {
  readonly maxChannels: number;
  /** Of all channels together; one takes some 500 bytes. */
  readonly maxFields: number;
  /** Longer messages are not looked at, in characters. */
  readonly maxLength: number;
}

const LIMITS: ShapeLimits = { maxChannels: 1000, maxFields: 8000, maxLength: 4096 };

/** What each channel carries, in memory: of the channels of which a message was looked at last. */
export class ShapeBook {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #limits: ShapeLimits;
  /** The one that said nothing for longest is the first. */
  readonly #channels = new Map<string, LearntShape>();
  #fields = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>, limits: Partial<ShapeLimits> = {}) {
    this.#clock = clock;
    this.#limits = { ...LIMITS, ...limits };
  }

  /** Learns from a message to a channel. */
  note(message: Pick<Message, 'to' | 'kind' | 'body'>): void {
    const { maxChannels, maxFields, maxLength } = this.#limits;
    const content = contentOf(message, maxLength);
    if (content === undefined) return;
    const name = message.to;
    const known = this.#channels.get(name);
    const learnt = known ?? new LearntShape();
    this.#channels.delete(name);
    const before = learnt.size;
    learnt.add(content, this.#clock.monotonicMs());
    this.#fields += learnt.size - before;
    this.#channels.set(detachText(name), learnt);
    for (const [channel, { size }] of this.#channels) {
      if (this.#channels.size <= maxChannels && this.#fields <= maxFields) break;
      this.#channels.delete(channel);
      this.#fields -= size;
    }
  }

  /** What a channel carries; undefined where no message of it was looked at, or too long ago. */
  of(channel: string): Shape | undefined {
    return this.#channels.get(channel)?.shape(channel);
  }

  /** The names of all channels that it knows. */
  channels(): Iterable<string> {
    return this.#channels.keys();
  }
}
