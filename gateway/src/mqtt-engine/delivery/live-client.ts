import type { EngineClient, EngineSession } from '../contract.ts';
import type { Recipient } from './recipient.ts';

/** A client that is online, by whichever core. */
export interface LiveClient<S extends EngineSession> extends EngineClient {
  /** What its host made for it when it was let in. */
  readonly session: S | undefined;
  /** undefined before its CONNACK: until then, messages wait where its session keeps them. */
  readonly recipient: Recipient | undefined;
  /** Whether it may get what is published to a topic. */
  mayReceive(topic: string): boolean;
  /** Another connection takes its place: it is gone for everybody else at once. `done` is called when its last will, if it is due, is published. */
  replace(done: () => void): void;
}
