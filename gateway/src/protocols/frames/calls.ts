import {
  type Call,
  CODES,
  type CodeName,
  type DataFrameInit,
  type Reply,
  TIMES,
  type Value,
  valueToJsonText,
} from '@crosscomm/protocol';
import type { Clock } from '../../common/clock.ts';
import { detachText } from '../../hub/detach.ts';
import type { Message } from '../../hub/message.ts';
import { isCallField, toFields } from './values-codec.ts';

/** A call of the device that waits for its answer. */
interface OpenCall {
  callId: number;
  /** The client that was asked; undefined where a channel was. */
  asked: string | undefined;
  cancel: () => void;
}

/** A call of another client that the device has not answered. */
interface Caller {
  /** OOCSI's `_MESSAGE_ID`. */
  messageId: string;
  id: string;
  cancel: () => void;
}

/** What a reply of the device becomes: a dict for the caller. */
export interface Answer {
  to: string;
  body: string;
}

/** Told of calls that end without an answer. */
export interface CallEnds {
  /** A call of the device: the frame that it gets. */
  reply(frame: DataFrameInit): void;
  /** A call for the device: what its caller gets. */
  answer(answer: Answer): void;
}

/** How many calls may be open, each way. */
const MAX_OPEN = 64;

/**
 * Calls between a device and others, which are OOCSI's: events with `_MESSAGE_HANDLE`, the function's name, and
 * `_MESSAGE_ID`, which the answer repeats (SPEC.md, section 8). A failed call is answered with `_MESSAGE_ERROR`, a code, and
 * `_MESSAGE_TEXT`: OOCSI clients see an answer without results, devices the code.
 */
export class Calls {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #ends: CallEnds;
  /** By `_MESSAGE_ID`. */
  readonly #open = new Map<string, OpenCall>();
  /** By callId; the oldest go first. */
  readonly #callers = new Map<number, Caller>();
  #lastCallId = 0;

  constructor(clock: Clock, random: () => number, ends: CallEnds) {
    this.#clock = clock;
    this.#random = random;
    this.#ends = ends;
  }

  /**
   * A call up. Returns the dict that asks, why it cannot be, or undefined for a call that is open already and came again.
   * `asked`: the client whose answer counts, where it is one.
   */
  call(frame: Call, args: Value, asked: string | undefined): { id: string; body: string } | CodeName | undefined {
    for (const open of this.#open.values()) if (open.callId === frame.callId) return undefined;
    if (this.#open.size >= MAX_OPEN) return 'too_many';
    const id = this.#freshId();
    const fields = toFields(args);
    fields.set('_MESSAGE_HANDLE', frame.function);
    fields.set('_MESSAGE_ID', id);
    const timeoutMs = Math.min(frame.timeoutMs ?? TIMES.callMs, TIMES.callMaxMs);
    const cancel = this.#clock.after(timeoutMs, () => this.fail(id, 'timeout'));
    this.#open.set(id, { callId: frame.callId, asked: asked && detachText(asked), cancel });
    return { id, body: valueToJsonText(fields) };
  }

  /** Ends an open call with a code. */
  fail(id: string, code: CodeName): void {
    const open = this.#close(id);
    if (open) this.#ends.reply({ type: 'reply', callId: open.callId, value: null, code: CODES[code] });
  }

  /** The dict that answers a caller; undefined if no caller waits for it. */
  answer(reply: Reply, value: Value): Answer | undefined {
    const caller = this.#callers.get(reply.callId);
    if (caller === undefined) return undefined;
    caller.cancel();
    this.#callers.delete(reply.callId);
    const fields = reply.code === CODES.ok ? toFields(value) : new Map<string | number, Value>();
    if (reply.code !== CODES.ok) {
      fields.set('_MESSAGE_ERROR', reply.code);
      if (reply.text !== '') fields.set('_MESSAGE_TEXT', reply.text);
    }
    fields.set('_MESSAGE_ID', caller.messageId);
    return { to: caller.id, body: valueToJsonText(fields) };
  }

  /** The frame that a message is where it calls the device, or answers its call; undefined for all others. */
  translate(message: Message, value: Value, to: number | string | null): DataFrameInit | undefined {
    if (message.kind !== 'dict' || !message.text.includes('"_MESSAGE_ID"') || !(value instanceof Map)) return undefined;
    const id = value.get('_MESSAGE_ID');
    if (typeof id !== 'string') return undefined;
    const name = value.get('_MESSAGE_HANDLE');
    const open = this.#open.get(id);
    if (open !== undefined && (open.asked === undefined || open.asked === message.from)) {
      const code = value.get('_MESSAGE_ERROR');
      const text = value.get('_MESSAGE_TEXT');
      const { callId } = open;
      if (typeof code !== 'number' || code === CODES.ok)
        return { type: 'reply', callId, value: withoutCallFields(value) };
      return { type: 'reply', callId, value: null, code, text: typeof text === 'string' ? text : '' };
    }
    if (typeof name !== 'string' || name === '') return undefined;
    const callId = this.#nextCallId();
    return { type: 'call', callId, to, function: name, args: withoutCallFields(value), from: message.from };
  }

  /** Notes that a frame of `translate` is on its way. */
  sent(frame: DataFrameInit, message: Message, value: Value): void {
    const id = value instanceof Map ? value.get('_MESSAGE_ID') : undefined;
    if (typeof id !== 'string') return;
    if (frame.type === 'reply') this.#close(id);
    if (frame.type !== 'call') return;
    const { callId } = frame;
    const cancel = this.#clock.after(TIMES.callMaxMs, () => this.#giveUp(callId, 'timeout'));
    this.#callers.set(callId, { messageId: detachText(id), id: detachText(message.from), cancel });
    if (this.#callers.size <= MAX_OPEN) return;
    const oldest = this.#callers.keys().next().value;
    if (oldest !== undefined) this.#giveUp(oldest, 'too_many');
  }

  /** A new session: the device has forgotten what it asked. */
  forgetOpen(): void {
    for (const open of this.#open.values()) open.cancel();
    this.#open.clear();
  }

  /** The session is dropped: callers that wait for the device are told that it went. */
  drop(): Answer[] {
    this.forgetOpen();
    const ids = [...this.#callers.keys()];
    return ids.map((callId) => this.#failed(callId, 'offline')).filter((answer) => answer !== undefined);
  }

  /** Ends a call that the device has not answered. */
  #giveUp(callId: number, code: CodeName): void {
    const answer = this.#failed(callId, code);
    if (answer) this.#ends.answer(answer);
  }

  #failed(callId: number, code: CodeName): Answer | undefined {
    return this.answer({ type: 'reply', callId, value: null, code: CODES[code], text: '' }, null);
  }

  #close(id: string): OpenCall | undefined {
    const open = this.#open.get(id);
    open?.cancel();
    this.#open.delete(id);
    return open;
  }

  #nextCallId(): number {
    do this.#lastCallId = (this.#lastCallId + 1) % 2 ** 16;
    while (this.#callers.has(this.#lastCallId));
    return this.#lastCallId;
  }

  /** Hard to guess, so that no client can answer for another one. */
  #freshId(): string {
    let id = '';
    for (let part = 0; part < 4; part++)
      id += Math.floor(this.#random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0');
    return id;
  }
}

function withoutCallFields(value: ReadonlyMap<string | number, Value>): Map<string | number, Value> {
  return new Map([...value].filter(([key]) => !isCallField(key)));
}
