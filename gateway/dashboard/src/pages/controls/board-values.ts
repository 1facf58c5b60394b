import type { MessageView } from '../../api/types.ts';
import { fieldsOf } from '../channels/numbers.ts';

/** How many fields of one channel are remembered. */
const MAX_FIELDS = 200;

interface ChannelState {
  last: MessageView;
  /** The last value of each field that was said there, in this message or in one before. */
  fields: Readonly<Record<string, unknown>>;
}

/** What was said last on the channels of a board. */
export class BoardValues {
  readonly #channels = new Map<string, ChannelState>();

  /** Takes a message of before, unless a newer one is known. */
  remember(message: MessageView): void {
    const known = this.#channels.get(message.to);
    if (!known || message.timestampMs >= known.last.timestampMs) this.take(message);
  }

  /** Takes a message that was just said, whatever its time is: the clock of the gateway may have been set back. */
  take(message: MessageView): void {
    const known = this.#channels.get(message.to);
    const said = fieldsOf(message);
    const fields = { ...known?.fields, ...said };
    // Names that are never the same would grow without end.
    const isFull = Object.keys(fields).length > MAX_FIELDS;
    this.#channels.set(message.to, { last: message, fields: isFull ? (said ?? {}) : fields });
  }

  last(channel: string): MessageView | undefined {
    return this.#channels.get(channel)?.last;
  }

  /** The last value of a field, or of the whole message: as JSON says it, else the text. undefined: nothing is known. */
  value(channel: string, key: string | undefined): unknown {
    const state = this.#channels.get(channel);
    if (key !== undefined) return state && Object.hasOwn(state.fields, key) ? state.fields[key] : undefined;
    const { body, isCut } = state?.last ?? {};
    if (body === undefined || isCut) return body;
    try {
      return JSON.parse(body);
    } catch {
      return body;
    }
  }

  /** The names of the fields that were said on a channel. */
  fieldsOf(channel: string): string[] {
    return Object.keys(this.#channels.get(channel)?.fields ?? {});
  }
}
