import { CODES } from '../codes.ts';
import type { Clients, Reply } from '../frame.ts';
import type { Value } from '../value.ts';
import type { CallResult, FrameClientClock, ListResult } from './types.ts';

interface OpenCall {
  settle: (result: CallResult) => void;
  cancel: () => void;
  /** The gateway has taken the call; a new session does not know it any more. */
  taken: boolean;
}

const MAX_CALL_ID = 2 ** 16;

/** The calls of this client that wait for an answer (SPEC.md, section 8). */
export class OpenCalls {
  readonly #clock: FrameClientClock;
  readonly #open = new Map<number, OpenCall>();
  #lastId = 0;

  constructor(clock: FrameClientClock) {
    this.#clock = clock;
  }

  /** Opens a call and gives its number; undefined where every number is in use. */
  open(timeoutMs: number, settle: (result: CallResult) => void): number | undefined {
    if (this.#open.size >= MAX_CALL_ID) return undefined;
    do this.#lastId = (this.#lastId + 1) % MAX_CALL_ID;
    while (this.#open.has(this.#lastId));
    const id = this.#lastId;
    const cancel = this.#clock.after(timeoutMs, () => this.fail(id, CODES.timeout));
    this.#open.set(id, { settle, cancel, taken: false });
    return id;
  }

  taken(id: number): void {
    const call = this.#open.get(id);
    if (call) call.taken = true;
  }

  answer({ callId, code, text }: Reply, value: Value): void {
    this.#close(callId, { code, value, text });
  }

  fail(id: number, code: number, text = ''): void {
    this.#close(id, { code, value: null, text });
  }

  /** It was never asked. */
  forget(id: number): void {
    this.#open.get(id)?.cancel();
    this.#open.delete(id);
  }

  /** A new session: nobody will answer what the one before was asked. */
  forgetTaken(): void {
    for (const [id, { taken }] of [...this.#open]) if (taken) this.fail(id, CODES.offline);
  }

  drop(): void {
    for (const id of [...this.#open.keys()]) this.fail(id, CODES.offline);
  }

  #close(id: number, result: CallResult): void {
    const call = this.#open.get(id);
    if (call === undefined) return;
    this.#open.delete(id);
    call.cancel();
    call.settle(result);
  }
}

interface ListRequest {
  onlyOnline: boolean;
  settle: (result: ListResult) => void;
}

/** Questions for the list of clients: answers have no number, so one is asked after the other. */
export class ListRequests {
  readonly #clock: FrameClientClock;
  readonly #timeoutMs: number;
  readonly #ask: (onlyOnline: boolean) => void;
  readonly #waiting: ListRequest[] = [];
  #asked: ListRequest | undefined;
  #clients: Clients['clients'] = [];
  #cancel: () => void = () => {};

  constructor(clock: FrameClientClock, timeoutMs: number, ask: (onlyOnline: boolean) => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#ask = ask;
  }

  add(onlyOnline: boolean, settle: (result: ListResult) => void): void {
    this.#waiting.push({ onlyOnline, settle });
    this.#next();
  }

  answer({ clients, more }: Clients): void {
    if (this.#asked === undefined) return;
    for (const client of clients) this.#clients.push(client);
    if (!more) this.end(CODES.ok);
  }

  /** Ends the question that was asked. */
  end(code: number): void {
    const asked = this.#asked;
    if (asked === undefined) return;
    const clients = this.#clients;
    this.#cancel();
    this.#asked = undefined;
    this.#clients = [];
    this.#next();
    asked.settle({ code, clients: code === CODES.ok ? clients : [] });
  }

  drop(): void {
    const waiting = this.#waiting.splice(0);
    this.end(CODES.offline);
    for (const { settle } of waiting) settle({ code: CODES.offline, clients: [] });
  }

  #next(): void {
    if (this.#asked !== undefined) return;
    const next = this.#waiting.shift();
    if (next === undefined) return;
    this.#asked = next;
    this.#cancel = this.#clock.after(this.#timeoutMs, () => this.end(CODES.timeout));
    this.#ask(next.onlyOnline);
  }
}
