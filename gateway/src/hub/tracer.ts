import type { Kind } from './message.ts';
import type { Protocol } from './session.ts';

/**
 * What became of a message for one recipient. `waiting`: it is away, and its session keeps it. `queued`: it is connected, and has to take
 * others first. `offline`: it is away, and nothing keeps the message. `rule`: it may not hear the channel. `left_out`: by the functions of its
 * functional channel. `sender`: it subscribes, but is the sender. `expired`: the time that its sender gave it has passed.
 */
export const OUTCOMES = [
  ...(['delivered', 'queued', 'waiting', 'queue_full', 'too_large', 'closed', 'offline', 'expired'] as const),
  ...(['rule', 'left_out', 'sender'] as const),
];
export type Outcome = (typeof OUTCOMES)[number];

/** Why a message reaches nobody, or not everybody. `rule`, `quota`: its sender was not allowed to send it. */
export const TRACE_REASONS = [
  ...([
    'no_recipient',
    'not_allowed',
    'too_large',
    'queue_full',
    'closed',
    'store_full',
    'bad_name',
    'timeout',
  ] as const),
  ...(['rule', 'quota'] as const),
];
export type TraceReason = (typeof TRACE_REASONS)[number];

/** What is written down of a message that is followed. */
export interface Traced {
  /** The client that sends it; '' if nobody knows. */
  readonly from: string;
  /** A channel or client, without a password. */
  readonly to: string;
  /** By which its sender came, where the sender may not be online. */
  readonly protocol?: Protocol | undefined;
  readonly kind?: Kind | undefined;
  /** The characters of a text, the bytes of anything else; undefined where nobody has looked. */
  readonly size?: number | undefined;
  /** It is retained for later subscribers as well. */
  readonly isRetained?: boolean | undefined;
}

/** What becomes of one message, written down while it is handed to its recipients. */
export interface Trail {
  /** `id`: '' for one that is only counted. */
  add(id: string, outcome: Outcome): void;
  /**
   * All of it was handed out.
   *
   * @param handed to how many, those included that did not get it
   * @param reason why others, or all, do not get it; `why`: more of that, as part of a sentence
   */
  end(handed: number, reason?: TraceReason | undefined, why?: string | undefined): void;
}

/** For how many more messages it is asked whether they are followed, at the moment. It is looked at for every message, in place of a call. */
export interface Room {
  left: number;
  /** How many messages were not followed; whoever finds no room counts. */
  leftOut: number;
}

/** Who writes down what becomes of messages. */
export interface Tracer {
  /** Always the same object. */
  readonly room: Room;
  /** Whether a message of this client is followed; asked where there is room. */
  takeRoom(from: string): boolean;
  /** Takes room for a message that nobody follows, and that has failed to reach somebody, or anybody; false where there is none. */
  takeLostRoom(): boolean;
  open(message: Traced): Trail;
}

/** As long as nobody is interested. */
export const NO_TRACER: Tracer = {
  room: { left: 0, leftOut: 0 },
  takeRoom: () => false,
  takeLostRoom: () => false,
  open: () => ({ add: () => {}, end: () => {} }),
};
