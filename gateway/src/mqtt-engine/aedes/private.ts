import { Aedes, type AedesOptions, type Subscription as RequestedSubscription } from 'aedes';
import type { Published, QoS } from '../contract.ts';
import type { EngineMessage } from '../message.ts';
import type { Connection } from './connection.ts';

/**
 * The edge to aedes: everything of it that its types leave out, or have otherwise, and that is used here all the same. What each
 * of these does is held by a test of aedes alone, gateway/test/mqtt-engine/aedes/.
 */

/** One published message on its way through aedes. */
export interface CorePacket extends Published {
  cmd: 'publish';
  dup?: boolean;
  messageId?: number | undefined;
  /** The message that it is. */
  message?: EngineMessage;
  /** It was published before it was acknowledged. */
  isPublished?: boolean;
  /** It is acknowledged, and goes nowhere. */
  isDropped?: boolean;
}

/** What aedes does with the parser that a client has. */
export interface CoreParser {
  /** Whose parser it is; aedes sets it, and finds the client by it when a packet comes. */
  readonly client: CoreClient;
  /** Packets that came before the client was let in; null where nothing is to be put there any more. */
  _queue: object[] | null;
  /** Reads on in what the client sends. */
  parse(chunk: Buffer): number;
  /** Those who are handed each packet: aedes alone. It calls them with the parser as `this`. */
  listeners(event: 'packet'): ((this: CoreParser, packet: object) => void)[];
  /** Called when the client is closed: it is handed nothing more. */
  removeAllListeners(event: 'packet'): void;
  emit(event: 'error', error: Error): void;
}

/** The parts of aedes' client that are used here. */
export interface CoreClient {
  /** What it said in its CONNECT; may be changed until it is let in. */
  id: string;
  readonly clean: boolean;
  readonly closed: boolean;
  readonly connected: boolean;
  readonly conn: Connection;
  /** The protocol level of its CONNECT. */
  readonly version: number;
  /** Ends the connection when nothing came for too long; undefined where its client wants none. */
  readonly _keepaliveTimer?: { refresh(): void } | null;
  /** It said goodbye. */
  readonly _disconnected: boolean;
  _parser: CoreParser;
  /** Has aedes read nothing more, until it goes on by itself once the client is in. */
  pause(): void;
  close(done?: () => void): void;
  emit(event: 'error', error: Error): void;
}

/** A CONNECT, as far as it is read here. */
export interface CoreConnect {
  readonly clientId: string;
  will?: { readonly topic: string; readonly payload: Buffer; readonly qos: QoS; readonly retain: boolean } | undefined;
  readonly username?: string | undefined;
  readonly password?: Buffer | undefined;
}

export type CoreSubscription = RequestedSubscription & { readonly nl?: boolean };

export type Callback<T> = (error: Error | null, result: T) => void;
export type Done = (error?: Error | null) => void;

/** What aedes asks before it acts. */
export interface CoreQuestions {
  /** A CONNECT has come. An error ends the connection without a CONNACK. */
  preConnect(client: CoreClient, packet: CoreConnect, done: Callback<boolean>): void;
  /** An error's `returnCode` goes into the CONNACK. Nothing happens where the client is closed by then. */
  authenticate(
    client: CoreClient,
    username: string | undefined,
    password: Buffer | undefined,
    done: Callback<boolean>,
  ): void;
  /** Before each message, and a last will; `client` is null for a will that an earlier run left. An error ends the connection. */
  authorizePublish(client: CoreClient | null, packet: CorePacket, done: Done): void;
  /** Before each subscription of a SUBSCRIBE, and of a session that comes back; null refuses it. */
  authorizeSubscribe(client: CoreClient, asked: CoreSubscription, done: Callback<CoreSubscription | null>): void;
}

/** What aedes tells. */
export interface CoreEvents {
  unsubscribe(filters: string[], client: CoreClient): void;
  connackSent(packet: { returnCode: number }, client: CoreClient): void;
  /** Of a SUBSCRIBE that was answered; `qos` above 2: refused. */
  subscribe(subscriptions: { topic: string; qos: number }[], client: CoreClient): void;
  ping(packet: object, client: CoreClient): void;
  clientError(client: CoreClient, error: Error): void;
  connectionError(client: CoreClient, error: Error): void;
  error(error: Error): void;
}

/** aedes' methods that its types leave out. */
interface HiddenMethods {
  registerClient(client: CoreClient): void;
  unregisterClient(client: CoreClient): void;
}

/** What aedes itself does where a subclass overrides what its types leave out. */
export const original = Aedes.prototype as unknown as HiddenMethods;

/** The questions as aedes' options have them: their types leave out what is used here. */
export function asOptions(questions: CoreQuestions): Pick<AedesOptions, keyof CoreQuestions> {
  return questions as unknown as Pick<AedesOptions, keyof CoreQuestions>;
}

/** Hands a connection to aedes, which reads it and writes to it from now on. */
export function handle(core: Pick<Aedes, 'handle'>, connection: Connection): CoreClient {
  return core.handle(connection as unknown as Parameters<Aedes['handle']>[0]) as unknown as CoreClient;
}

/** Has aedes tell. */
export function listen(core: object, events: CoreEvents): void {
  const untyped = core as unknown as { on(event: string, listener: (...given: never[]) => void): void };
  for (const [event, listener] of Object.entries(events)) untyped.on(event, listener);
}
