import type { MessageInit } from './message.ts';

/** A message that is kept for later subscribers of its channel. */
export interface RetainedRecord {
  message: MessageInit;
  /** The account of its sender; undefined if that was anonymous. */
  account?: string | undefined;
  /** By `Clock.monotonicMs`; Infinity where only a later one ends it. */
  expiresMs: number;
  /** The address that the sender had, for the share of that address. */
  address?: string | undefined;
  /** Of kept values: the fields that are kept, set or not. The message has those that are set. */
  kept?: readonly string[] | undefined;
  /** It stays until another one takes its place, or it is removed, as MQTT clients expect; without it, the next message ends it. */
  stays?: true | undefined;
  /** What the matcher of its sender's protocol says of it to its own subscribers, as bytes of that matcher. */
  extra?: Uint8Array | undefined;
}

/** A message that is sent at a later time. */
export interface ScheduledRecord {
  id: string;
  message: MessageInit;
  /** The account of its sender; undefined if that was anonymous. */
  account?: string | undefined;
  /** The moment, milliseconds since 1970; of a delayed one, what it was thought to be. */
  dueMs: number;
  /** Of one that waits for so long and not for a moment. */
  delay?: {
    ms: number;
    /** By `Clock.monotonicMs`. */
    sinceMs: number;
  };
  /** It is not on disk. */
  inMemory?: true;
  /** How long it is retained once it is sent, and whether its fields are kept from then on. */
  retainMs?: number;
  keep?: boolean;
  /** The address that the sender had, for the share of that address. */
  address?: string | undefined;
  /** By what other gateways know it, where another one took it. */
  key?: string | undefined;
}

/** Who sees to it that a message which waits for its time is sent once, by whichever gateway. */
export interface ScheduleKeeper {
  /** A message waits from now on. */
  added(record: ScheduledRecord): void;
  /** Its time has come. False: another gateway has it now. undefined: this one sends it, without asking anybody. Never rejects. */
  claim(record: ScheduledRecord): Promise<boolean> | undefined;
}

/**
 * Where the hub keeps what must outlive the process. Calls return at once and are carried out in their order; the
 * implementation reports its own failures.
 */
export interface HubStore {
  putRetained(channel: string, record: RetainedRecord): void;
  deleteRetained(channel: string): void;
  putScheduled(record: ScheduledRecord): void;
  deleteScheduled(id: string): void;
}
