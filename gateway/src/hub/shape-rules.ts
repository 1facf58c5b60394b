import type { Message } from './message.ts';

/** What messages to some channels must be; asked of each message where there are any such rules, and of none where there are not. */
export interface ShapeRules {
  /** Whether there is a rule for messages to this channel or client. */
  has(channel: string): boolean;
  /** What does not fit, as part of a sentence; undefined where all does. */
  misfitOf(message: Pick<Message, 'to' | 'kind' | 'body'>): string | undefined;
}
