import type { CodeName, Value } from '@crosscomm/protocol';
import type { SentContent } from './content.ts';
import type { ContentType, Message } from './message.ts';

/** What became of a message. */
export interface Delivery {
  /** The gateway has it, and refused nothing. */
  accepted: boolean;
  /** How many clients have it in their queue; undefined where the server does not say (pywayne's does not). */
  delivered: number | undefined;
  /** How many clients should have got it and did not; undefined where that is not said, as by frames. */
  refused: number | undefined;
  /** Why it was not accepted, or why somebody was left out. */
  reason: CodeName | undefined;
  /** The message's id; undefined where it was not sent, and by frames, which carry none. */
  msgId: string | undefined;
}

/** What became of a message that was not sent. */
export function notSent(reason: CodeName): Delivery {
  return { accepted: false, delivered: 0, refused: undefined, reason, msgId: undefined };
}

/** A channel that the gateway refuses. */
export interface RefusedChannel {
  channel: string;
  code: CodeName;
}

/** A client as `listClients` shows it. */
export interface ListedClient {
  clientId: string;
  status: 'online' | 'offline';
  /** Seconds since 1970; null where the server does not say: a gateway tells by frames who is there, and no times. */
  lastHeartbeat: number | null;
  loginTime: number | null;
}

/** The answer to a call: `code` is 0 where it succeeded. */
export interface CallAnswer {
  code: number;
  value: Value;
  text: string;
}

/** What the server says of a description: `code` is 0 where it is taken. */
export interface DescriptionAnswer {
  code: number;
  /** Where in the description something is wrong. */
  text: string;
}

/** A call that came; it is answered once. */
export interface CallRequest {
  function: string;
  args: Value;
  /** null: to this client itself. */
  channel: string | null;
  from: string;
  reply(value: Value): void;
  fail(code: number, text: string): void;
}

/** What the two protocols do for the service, each in its way. */
export interface Conversation {
  readonly isOnline: boolean;
  /** Why it cannot be sent is in the delivery. */
  send(to: string, content: SentContent, type: ContentType): Promise<Delivery>;
  /** Resolves to those that are refused. */
  subscribe(channels: readonly string[]): Promise<RefusedChannel[]>;
  unsubscribe(channel: string): void;
  /** Has the server keep the last value of a field of a channel, and tell it by the handler's `kept`, now and in later sessions. */
  keep(channel: string, key: string): void;
  /** Tells what this client has, now and in later sessions. */
  describe(description: Value): Promise<DescriptionAnswer>;
  call(to: string, name: string, args: Value, timeoutMs: number): Promise<CallAnswer>;
  /** undefined where no answer came. */
  list(onlyOnline: boolean): Promise<ListedClient[] | undefined>;
  /** Says goodbye and is over. */
  stop(): void;
}

/** What a conversation tells the service. */
export interface ConversationHandler {
  /** `isResumed`: in the session that there was before. */
  online(isResumed: boolean): void;
  /** `channel`: the text of the subscription that it came by, as it was written; undefined where it came by its own name. */
  message(message: Message, channel: string | undefined): void;
  /** What the server keeps of a field; undefined for nothing. */
  kept(channel: string, key: string, value: unknown): void;
  /** A call came. False: nobody here answers it. */
  call(call: CallRequest): boolean;
  /** The server refuses this client. `final`: it always will. */
  refused(code: CodeName, text: string, final: boolean): void;
}
