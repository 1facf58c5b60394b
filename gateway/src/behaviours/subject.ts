import type { Message } from '../hub/message.ts';

/** Where what is remembered of clients is paid from. */
export interface Room {
  /** Gives `key` so many bytes in place of what it has, on behalf of a client; false where there is no room for them. */
  set(key: string, bytes: number, owner: { client: string }): boolean;
  delete(key: string): void;
}

/**
 * What one or several clients watch. It is given messages and the time (of a clock that never steps, in milliseconds), and says what its
 * watchers are to be told; it sends nothing itself.
 */
export interface Subject {
  /** The channel on which it listens; undefined: on none. */
  readonly channel: string | undefined;
  /** A message of that channel; false: there was no room for what it says. */
  hear(message: Message, nowMs: number): boolean;
  /** When time alone may change something; undefined: never. */
  readonly dueMs: number | undefined;
  /** Does what is due by now. */
  tick(nowMs: number): void;
  /** There is something to tell that was not told yet. */
  readonly isChanged: boolean;
  /** What to tell, as texts of JSON objects: all that there is, or what has changed since `told`. */
  tell(all: boolean): string[];
  /** All watchers were told what has changed. */
  told(): void;
  /** Nobody watches it any more: gives its room back. */
  end(): void;
}
