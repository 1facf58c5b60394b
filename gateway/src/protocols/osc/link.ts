import type { Message } from '../../hub/message.ts';
import type { Delivery } from '../../hub/session.ts';

/** A session that shares the place of its answers with others. */
export interface Subscriber {
  /** Ends a subscription; false where there was none. */
  drop(name: string): boolean;
}

/** How a session reaches its peer: a TCP connection, or an address of UDP. */
export interface OscLink {
  /** Where the peer is, for logs: `192.168.1.20:50312`. */
  readonly peer: string;
  /** Encodes and queues one message. */
  deliver(message: Message): Delivery;
  /** Has the peer answered, at `port` of its machine where it names one. Returns why that cannot be, as part of a sentence. */
  answerAt(port: number | undefined): string | undefined;
  /** Every session that is answered at the same place, this one included: a program may send each message from another port. */
  answeredThere(): Iterable<Subscriber>;
  /** Room for one more subscription of the session; false where it, its machine or all have as many as they may. */
  reserve(name: string): boolean;
  /** Gives the room of a subscription back. */
  free(name: string): void;
  /** The session has its first subscription, or no longer any. */
  subscribed(isSubscribed: boolean): void;
  /** The session may not join; nothing that it was sent is kept. */
  refused(): void;
  /** Ends the connection after what is queued. */
  end(): void;
}
