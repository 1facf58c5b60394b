import type { EngineMessage } from '../message.ts';
import type { Handing } from '../store/contract.ts';

/** A client that is online, as messages reach it. */
export interface Recipient {
  /** It takes a message at once: its window is open, and its connection keeps up. */
  readonly isReady: boolean;
  /**
   * Sends it a message, or leaves it where it waits. `seq`: its number in the queue of the client's session, where it is on disk. The sender is
   * asked to wait for the promise before it sends more.
   */
  deliver(message: EngineMessage, handing: Handing, seq: number | undefined): Promise<void> | undefined;
}
