import { Newest } from '../common/newest.ts';
import { detachMessage } from '../hub/detach.ts';
import { Message } from '../hub/message.ts';
import type { Moment } from './engine.ts';

/** A message that somebody sent, and when. */
export interface PastMessage {
  readonly message: Message;
  readonly moment: Moment;
  readonly bytes: number;
}

export const PAST_MS = 60 * 60_000;
const MAX_COUNT = 10_000;
/** What one takes beside its texts, about. */
const OVERHEAD_BYTES = 400;

/** What was said within the last hour on what automations look at, in memory: the newest, as many as there is room for. */
export class Past {
  readonly #kept: Newest<PastMessage>;
  #lostMs = Number.NEGATIVE_INFINITY;

  constructor(maxBytes: number) {
    this.#kept = new Newest({ maxCount: MAX_COUNT, maxBytes }, ({ moment }) => {
      this.#lostMs = moment.wallMs;
    });
  }

  /** When something was said last that is not known any more, by the clock on the wall; since then all is there. */
  get lostMs(): number {
    return this.#lostMs;
  }

  add(message: Message, moment: Moment): void {
    const { from, to, body } = message;
    // Not the whole buffer of a connection for the sake of a part of it.
    const own = new Message(detachMessage(message));
    this.#kept.add({ message: own, moment, bytes: OVERHEAD_BYTES + 2 * (from.length + to.length + body.length) });
  }

  /** What was said since `fromMs` of a clock that never goes back, oldest first. */
  *since(fromMs: number): Generator<PastMessage> {
    for (const past of this.#kept) if (past.moment.nowMs >= fromMs) yield past;
  }
}
