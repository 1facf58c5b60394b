import type { Message } from '../hub/message.ts';
import type { Act } from './wanted.ts';

/** Where what is remembered of clients is paid from. */
export interface Room {
  /** Gives `key` so many bytes in place of what it has, on behalf of a client; false where there is no room for them. */
  set(key: string, bytes: number, owner: { client: string }): boolean;
  delete(key: string): void;
}

/** What came of what a client does: why it cannot be done, as part of a sentence, or an answer for it alone, as the text of a JSON object. */
export type Done = { fault: string } | { answer: string };

/**
 * What one or several clients watch. It is given messages and the time (of a clock that never steps, in milliseconds), and says what its
 * watchers are to be told; it sends nothing itself.
 */
export interface Subject {
  /** The channel on which it listens; undefined: on none. */
  readonly channel: string | undefined;
  /** What has changed is told at once; otherwise it is collected for a moment. */
  readonly isUrgent: boolean;
  /** A message of that channel; false: there was no room for what it says. */
  hear(message: Message, nowMs: number): boolean;
  /** A client that is about to watch does something itself. */
  act?(client: string, act: Act, nowMs: number): Done | undefined;
  /** A client that watched does so no more. */
  left?(client: string, nowMs: number): void;
  /** When time alone may change something; undefined: never. */
  readonly dueMs: number | undefined;
  /** Does what is due by now. */
  tick(nowMs: number): void;
  /** What it has to say on its channel, as texts of JSON objects, since it was asked last. */
  says?(): readonly string[];
  /** There is something to tell that was not told yet. */
  readonly isChanged: boolean;
  /** What to tell, as texts of JSON objects: all that there is, or what has changed since `told`. */
  tell(all: boolean, nowMs: number): string[];
  /** All watchers were told what has changed. */
  told(): void;
  /** Nobody watches it any more: gives its room back. */
  end(): void;
}
