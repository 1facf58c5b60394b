import { CAPABILITIES, CHUNK_OVERHEAD_BYTES, CODES, GOODBYE_REASONS, MESSAGE_KINDS, TIMES, VERSION } from '../codes.ts';
import { decodeFrame } from '../decode-frame.ts';
import { encodeFrame } from '../encode-frame.ts';
import { FrameError } from '../error.ts';
import type {
  Ack,
  Call,
  DataFrame,
  DataFrameInit,
  ErrorFrame,
  FetchOptions,
  Frame,
  FrameInit,
  GatewayLimits,
  MessageFrame,
  Resume,
  Sequenced,
  UnknownFrame,
  Welcome,
} from '../frame.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Encodable, Value } from '../value.ts';
import { Backoff } from './backoff.ts';
import { ListRequests, OpenCalls } from './calls.ts';
import type { FetchAnswer, FileOutcome, FileToSend, FileTransfer } from './file-types.ts';
import { ClientFiles } from './files.ts';
import { Liveness } from './liveness.ts';
import { ClientNames } from './names.ts';
import { ENVELOPE_BYTES, type Entry, Outbox } from './outbox.ts';
import { Repeater } from './repeater.ts';
import type {
  CallResult,
  FrameClientClock,
  FrameClientHandler,
  FrameClientLink,
  FrameClientOptions,
  FrameClientState,
  ListResult,
  Outcome,
} from './types.ts';

/** Acks are gathered for so long; timers come late, and the gateway is to have its Ack within 50 ms. */
const GATHER_ACKS_MS = 20;
/** A sequenced frame is one level, and takes what is inside one deeper. */
const MAX_DEPTH = DEFAULT_LIMITS.maxDepth - 1;
const DEFAULT_QUEUE_BYTES = 1024 * 1024;
const DEFAULT_WINDOW = 131_072;
const DEFAULT_CHUNK_BYTES = 8_192;

/**
 * The device's end of the frame protocol (SPEC.md): sessions that outlive their links, at-least-once delivery both ways, names by
 * number, calls. It owns no socket, clock or timer: its owner hands in a link by `linkUp`, what comes by it to `receive`, and says
 * `linkDown` when it is gone. It says Hello by itself, and again as section 10 says.
 */
export class FrameClient {
  readonly deviceId: string;
  readonly #options: Required<Omit<FrameClientOptions, 'user' | 'password' | 'bootId'>> & FrameClientOptions;
  readonly #handler: FrameClientHandler;
  readonly #clock: FrameClientClock;
  readonly #names = new ClientNames();
  readonly #outbox: Outbox;
  readonly #calls: OpenCalls;
  readonly #lists: ListRequests;
  readonly #files: ClientFiles;
  readonly #backoff: Backoff;
  readonly #repeater: Repeater;
  readonly #liveness: Liveness;
  #state: FrameClientState = 'offline';
  #link: FrameClientLink | undefined;
  #bootId: number;
  #welcome: Welcome | undefined;
  /** The last session, 0 for none. */
  #session = 0;
  /** The highest number down of this session that was taken. */
  #received = 0;
  #limits: GatewayLimits = { maxFrame: DEFAULT_LIMITS.maxBytes, window: DEFAULT_WINDOW, maxAliases: 0, maxKeys: 0 };
  #holdUntilMs = Number.NEGATIVE_INFINITY;
  #cancelHello: (() => void) | undefined;
  #unacknowledgedBytes = 0;
  #cancelAck: (() => void) | undefined;
  #gap = { seq: -1, atMs: 0 };

  constructor(options: FrameClientOptions, handler: FrameClientHandler = {}) {
    const { clock, random } = options;
    this.deviceId = options.deviceId;
    this.#options = {
      maxFrame: DEFAULT_LIMITS.maxBytes,
      window: DEFAULT_WINDOW,
      capabilities: CAPABILITIES.receipts + (handler.file ? CAPABILITIES.files : 0),
      maxQueueBytes: DEFAULT_QUEUE_BYTES,
      fileChunkBytes: DEFAULT_CHUNK_BYTES,
      ...options,
    };
    this.#handler = handler;
    this.#clock = clock;
    this.#bootId = options.bootId ?? this.#freshBootId();
    this.#outbox = new Outbox(this.#options.maxQueueBytes);
    this.#calls = new OpenCalls(clock);
    this.#lists = new ListRequests(clock, 2 * TIMES.callMs, (onlyOnline) => this.#ask(onlyOnline));
    this.#files = new ClientFiles(
      {
        clock,
        send: (frame) => this.#state === 'online' && this.#send(frame),
        deliver: (frame) => void this.#add(frame, undefined),
        chunkBytes: () => Math.min(this.#options.fileChunkBytes, this.#limits.maxFrame - CHUNK_OVERHEAD_BYTES),
      },
      (file) => (handler.file ? handler.file(file) : file.decline()),
    );
    this.#backoff = new Backoff(random);
    this.#repeater = new Repeater(clock, {
      isWaiting: () => this.#isWaiting,
      again: () => this.#again(),
      giveUp: () => this.#lose(),
    });
    this.#liveness = new Liveness(clock, {
      ping: () => {
        if (this.#state === 'online') this.#send({ type: 'ping' });
      },
      silent: () => this.#lose(),
    });
  }

  get state(): FrameClientState {
    return this.#state;
  }

  get bootId(): number {
    return this.#bootId;
  }

  /** The Welcome that it came online by last. */
  get welcome(): Welcome | undefined {
    return this.#welcome;
  }

  /** How many frames are not acknowledged. */
  get pending(): number {
    return this.#outbox.size;
  }

  /** How long the gateway wants to hear no Hello, in milliseconds: it pays to open no link before. */
  get helloDelayMs(): number {
    return Math.max(0, this.#holdUntilMs - this.#clock.now());
  }

  /** A link is open. One that it had before is closed; what still comes by that must not be handed in any more. */
  linkUp(link: FrameClientLink): void {
    if (this.#state === 'stopped') {
      link.close();
      return;
    }
    const before = this.#unlink();
    if (before !== link) before?.close();
    this.#link = link;
    this.#greet();
  }

  /** The link is gone. */
  linkDown(): void {
    this.#unlink();
    this.#become('offline');
  }

  /** The link, which had no room, has room again. Without it the next try comes with the next timer. */
  pump(): void {
    if (this.#state !== 'online') return;
    const ready = this.#names.pump((frame) => this.#send(frame));
    if (ready) this.#outbox.pump(this.#limits.window, (unit) => this.#write(unit));
    this.#files.pump();
    if (this.#isWaiting) this.#repeater.start();
  }

  /** One frame came, whole. The bytes are not kept. */
  receive(bytes: Uint8Array): void {
    if (this.#link === undefined) return;
    let frame: Frame;
    try {
      frame = decodeFrame(bytes, { maxBytes: this.#options.maxFrame });
    } catch (error) {
      this.#fault(error);
      return;
    }
    this.#liveness.heard();
    if (frame.type === 'welcome') this.#welcomed(frame);
    else if (frame.type === 'error') this.#erred(frame);
    else if (frame.type === 'goodbye') this.#dismissed(frame.reason);
    else if (this.#state === 'online') this.#hear(frame, bytes.length);
  }

  /**
   * Sends a message at least once: it is kept until the gateway has it, across lost links. `settle` is told what became of it.
   * `kind`: one of MESSAGE_KINDS.
   * False: it cannot be sent (too large, no room, stopped), which `settle` has been told. Throws FrameError where `value` cannot be
   * encoded.
   */
  send(to: string, value: Encodable, settle?: (outcome: Outcome) => void, kind?: number): boolean {
    const frame = { type: 'message', to, value } as const;
    return this.#add(kind === undefined ? frame : { ...frame, kind }, settle) !== undefined;
  }

  /** Sends a message at most once, and only now. False: not online, or no room. Throws FrameError. */
  sendAtMostOnce(to: string, value: Encodable): boolean {
    if (this.#state !== 'online' || !this.#names.pump((frame) => this.#send(frame))) return false;
    return this.#send(this.#names.shrink({ type: 'message', to, value }), this.#limits.maxFrame);
  }

  /**
   * Subscribes to a channel, in this session and all that follow. `settle` is told a code once: 0 where the gateway has confirmed
   * it. A subscription that is refused is forgotten.
   */
  subscribe(channel: string, settle?: (code: number) => void): void {
    this.#declare(channel, true, settle);
  }

  /** Ends a subscription. False: there is none. */
  unsubscribe(channel: string): boolean {
    if (!this.#names.isSubscribed(channel)) return false;
    this.#writeInFull();
    this.#names.free(channel);
    this.pump();
    return true;
  }

  /** Makes a small number stand for a channel that is often sent to. */
  alias(channel: string): void {
    if (!this.#names.isSubscribed(channel)) this.#declare(channel, false, undefined);
  }

  /** Makes small numbers stand for keys of maps that are often sent or heard. */
  addKeys(keys: readonly string[]): void {
    this.#names.addKeys(keys);
    this.pump();
  }

  /**
   * Calls a function that a client, or a client of a channel, offers. `settle` gets the answer once. The gateway ends a call after
   * 5 s; `timeoutMs` ends it here, also while there is no link, and then it is not sent any more. Throws FrameError.
   */
  call(
    to: string,
    name: string,
    args: Encodable,
    settle: (result: CallResult) => void,
    timeoutMs: number = 2 * TIMES.callMs,
  ): void {
    let entry: Entry | undefined;
    const callId = this.#calls.open(timeoutMs, (result) => {
      if (entry !== undefined && result.code === CODES.timeout) this.#outbox.withdraw(entry);
      settle(result);
    });
    if (callId === undefined) {
      settle({ code: CODES.too_many, value: null, text: '' });
      return;
    }
    try {
      entry = this.#add({ type: 'call', callId, to, function: name, args }, ({ code }) => {
        if (code === CODES.ok) this.#calls.taken(callId);
        else this.#calls.fail(callId, code);
      });
    } catch (error) {
      this.#calls.forget(callId);
      throw error;
    }
  }

  /** Asks who is there. */
  listClients(settle: (result: ListResult) => void, onlyOnline = true): void {
    if (this.#state === 'stopped') settle({ code: CODES.offline, clients: [] });
    else this.#lists.add(onlyOnline, settle);
  }

  /**
   * Sends a file, across lost links: what the gateway has is not sent again. `settle` is told once what became of it. No more than
   * four are under way at a time, the others wait.
   */
  sendFile(file: FileToSend, settle: (outcome: FileOutcome) => void): FileTransfer {
    return this.#files.send(file, settle);
  }

  /**
   * Asks for an object by its key, as it is (null) or as an image with these options; FITS and IMAGE_FORMATS have their numbers.
   * `settle` gets the answer once.
   */
  fetch(key: string, options: Partial<FetchOptions> | null, settle: (answer: FetchAnswer) => void): void {
    this.#files.fetch(key, options, settle);
  }

  /** A line for the device's log at the gateway; `level`: one of LOG_LEVELS. False: not online, or no room. */
  log(level: number, text: string): boolean {
    return this.#state === 'online' && this.#send({ type: 'log', level, text }, this.#limits.maxFrame);
  }

  /**
   * Says goodbye and is over for good; whoever waits for something is told `offline`. `reason`: one of GOODBYE_REASONS; after
   * `sleeping` the gateway keeps the session for another client with its bootId.
   */
  stop(reason: number = GOODBYE_REASONS.leaving): void {
    if (this.#state === 'stopped') return;
    if (this.#state === 'online') this.#send({ type: 'goodbye', reason });
    this.#end();
  }

  get #isWaiting(): boolean {
    return this.#outbox.size > 0 || this.#names.isWaiting;
  }

  /** Says Hello, as soon as the gateway wants to hear one. */
  #greet(): void {
    this.#cancelHello?.();
    this.#repeater.stop();
    const delayMs = this.helloDelayMs;
    if (delayMs > 0) {
      this.#liveness.stop();
      this.#cancelHello = this.#clock.after(delayMs, () => this.#greet());
    } else {
      this.#liveness.start();
      this.#cancelHello = this.#clock.after(this.#backoff.next(), () => this.#greet());
    }
    this.#become('greeting');
    if (delayMs > 0 || this.#state !== 'greeting') return;
    const { deviceId, maxFrame, window, capabilities, user = null, password = null } = this.#options;
    const resume = this.#resume();
    const bootId = this.#bootId;
    this.#send({
      type: 'hello',
      version: VERSION,
      deviceId,
      bootId,
      maxFrame,
      window,
      capabilities,
      resume,
      user,
      password,
    });
  }

  #resume(): Resume | null {
    const { firstSeq } = this.#outbox;
    if (this.#session === 0 && firstSeq === 1) return null;
    return { firstSeq, session: this.#session, received: this.#received };
  }

  /** The gateway wants to hear nothing for a while. */
  #hold(): void {
    this.#holdUntilMs = this.#clock.now() + TIMES.refusedRetryMs;
    this.#greet();
  }

  #welcomed(welcome: Welcome): void {
    const { session, lastSeq, limits, resumed } = welcome;
    if (this.#state === 'online' && session === this.#session) return;
    if (lastSeq > this.#outbox.highestSent) {
      this.#renew();
      return;
    }
    this.#cancelHello?.();
    this.#cancelHello = undefined;
    this.#backoff.reset();
    this.#repeater.stop();
    this.#welcome = welcome;
    this.#limits = limits;
    this.#gap = { seq: -1, atMs: 0 };
    this.#outbox.acknowledge(lastSeq);
    this.#outbox.rewind();
    this.#outbox.limit(limits.maxFrame);
    if (resumed && session === this.#session) this.#names.again();
    else {
      this.#session = session;
      this.#received = 0;
      this.#unacknowledgedBytes = 0;
      this.#names.restart();
      this.#calls.forgetTaken();
    }
    this.#become('online');
    this.pump();
    this.#files.online();
  }

  #dismissed(reason: number): void {
    if (reason === GOODBYE_REASONS.taken_over || reason === GOODBYE_REASONS.too_many_faults) {
      this.#hold();
      return;
    }
    if (this.#state !== 'online') return;
    this.#repeater.stop();
    this.#cancelHello = this.#clock.after(this.#backoff.next(), () => this.#greet());
    this.#become('greeting');
  }

  #erred({ code, text, about }: ErrorFrame): void {
    const [type, number] = about;
    const at = typeof number === 'number' ? number : undefined;
    const refused = code === CODES.internal && type === 0;
    if (code === CODES.version || code === CODES.id_invalid) {
      this.#handler.error?.({ code, text, about });
      this.#end();
      return;
    }
    if (code === CODES.id_taken || code === CODES.credentials || refused) this.#hold();
    else if (code === CODES.not_welcome_yet || code === CODES.sequence_gap) {
      if (this.#state === 'online') this.#greet();
    } else if (type === 9 && at !== undefined) this.#outbox.refuse(at, code);
    else if (type === 14 && at !== undefined) this.#calls.fail(at, code, text);
    else if (type === 12) this.#lists.end(code);
    else if (type === 21) this.#files.fetchFailed(code);
    else if (type === 6 && at !== undefined) this.#aliasFailed(at, code);
    else if (type === 11 && at !== undefined) this.#keyFailed(at, code);
    this.#handler.error?.({ code, text, about });
  }

  #aliasFailed(alias: number, code: number): void {
    if (code === CODES.unknown_alias) {
      this.#names.missAlias(alias);
      this.#outbox.rewind();
    } else {
      this.#writeInFull();
      this.#names.refuseAlias(alias, code);
    }
    this.pump();
  }

  #keyFailed(key: number, code: number): void {
    if (code === CODES.unknown_key) {
      this.#names.missKey(key);
      this.#outbox.rewind();
    } else {
      this.#writeInFull();
      this.#names.refuseKeys(key);
    }
    this.pump();
  }

  #hear(frame: Frame, bytes: number): void {
    switch (frame.type) {
      case 'sequenced':
        this.#sequenced(frame, bytes);
        break;
      case 'ack':
        this.#acknowledged(frame);
        break;
      case 'receipt': {
        const { seq, delivered, code } = frame;
        this.#outbox.receipt(seq, { code, delivered });
        break;
      }
      case 'ping':
        this.#send({ type: 'pong', n: frame.n });
        break;
      case 'alias':
      case 'unalias':
      case 'dictionary':
        this.#names.confirm(frame);
        this.#progressed();
        break;
      case 'message':
      case 'call':
      case 'reply':
      case 'clients':
        this.#act(frame);
        break;
      case 'offer':
      case 'want':
      case 'chunk':
      case 'done':
      case 'cancel':
        this.#files.receive(frame, false);
        break;
      default:
      // A Pong was heard; what goes up only, or is not known, is skipped.
    }
  }

  #sequenced({ seq, frame }: Sequenced, bytes: number): void {
    if (seq === this.#received + 1) {
      this.#received = seq;
      this.#unacknowledgedBytes += bytes;
      if (this.#unacknowledgedBytes * 2 >= this.#options.window) this.#acknowledge();
      else this.#acknowledgeSoon();
      this.#act(frame);
    } else if (seq <= this.#received) this.#acknowledge();
    else {
      const now = this.#clock.now();
      if (this.#gap.seq === this.#received && now - this.#gap.atMs < TIMES.repeatedAckMs) return;
      this.#gap = { seq: this.#received, atMs: now };
      this.#acknowledge();
    }
  }

  #act(frame: DataFrame | UnknownFrame | null): void {
    try {
      switch (frame?.type) {
        case 'message':
          this.#message(frame);
          break;
        case 'call':
          this.#called(frame);
          break;
        case 'reply':
          this.#calls.answer(frame, this.#names.restore(frame.value));
          break;
        case 'clients':
          this.#lists.answer(frame);
          break;
        case 'offer':
        case 'want':
        case 'chunk':
        case 'done':
        case 'cancel':
          this.#files.receive(frame, true);
          break;
        default:
        // A number without a frame, or with one that is not known.
      }
    } catch (error) {
      this.#fault(error);
    }
  }

  #message({ to, value, from, kind = MESSAGE_KINDS.asValue }: MessageFrame): void {
    const channel = this.#channel(to);
    if (channel !== undefined) this.#handler.message?.({ channel, value: this.#names.restore(value), from, kind });
  }

  #called({ callId, to, function: name, args, from }: Call): void {
    const restored = this.#names.restore(args);
    let isOpen = true;
    const answer = (value: Value, code: number, text: string): void => {
      if (!isOpen) return;
      if (this.#add({ type: 'reply', callId, value, code, text }, undefined) === undefined) {
        this.#add({ type: 'reply', callId, value: null, code: CODES.too_large }, undefined);
      }
      isOpen = false;
    };
    const channel = this.#channel(to) ?? null;
    if (this.#handler.call === undefined) {
      // In a channel another client may offer it.
      if (channel === null) answer(null, CODES.no_function, '');
      return;
    }
    this.#handler.call({
      function: name,
      args: restored,
      channel,
      from,
      reply: (value) => answer(value, CODES.ok, ''),
      fail: (code, text = '') => answer(null, code, text),
    });
  }

  /** Undefined for an alias that is not in use any more. */
  #channel(to: number | string | null): string | null | undefined {
    return typeof to === 'number' ? this.#names.channel(to) : to;
  }

  #acknowledged({ seq }: Ack): void {
    switch (this.#outbox.acknowledge(seq)) {
      case 'progress':
        if (this.#outbox.isUsedUp) this.#renew();
        else this.#progressed();
        break;
      case 'hint':
        this.#outbox.rewind();
        this.pump();
        break;
      case 'unfitting':
        this.#greet();
        break;
      case 'nothing':
        break;
    }
  }

  #progressed(): void {
    this.#repeater.progress();
    this.pump();
    if (!this.#isWaiting) this.#repeater.idle();
  }

  #again(): void {
    this.#names.again();
    this.#outbox.rewind();
    this.pump();
  }

  #acknowledge(): void {
    this.#cancelAck?.();
    this.#cancelAck = undefined;
    if (this.#state !== 'online') return;
    if (this.#send({ type: 'ack', seq: this.#received })) this.#unacknowledgedBytes = 0;
    else this.#acknowledgeSoon();
  }

  #acknowledgeSoon(): void {
    this.#cancelAck ??= this.#clock.after(GATHER_ACKS_MS, () => this.#acknowledge());
  }

  /** The numbers of this boot id are used up, or not only ours: takes a new one. */
  #renew(): void {
    this.#bootId = this.#freshBootId();
    this.#session = 0;
    this.#received = 0;
    this.#outbox.renumber();
    this.#greet();
  }

  #freshBootId(): number {
    return Math.floor(this.#options.random() * (2 ** 32 - 1)) + 1;
  }

  #declare(channel: string, subscribes: boolean, settle: ((code: number) => void) | undefined): void {
    if (this.#state === 'stopped') settle?.(CODES.offline);
    else if (this.#names.declare(channel, subscribes, settle)) this.pump();
    else settle?.(CODES.too_many);
  }

  #ask(onlyOnline: boolean): void {
    this.#add({ type: 'listClients', onlyOnline }, ({ code }) => {
      if (code !== CODES.ok) this.#lists.end(code);
    });
  }

  /** Queues a frame; undefined where it cannot be, which `settle` has been told. */
  #add(frame: DataFrameInit, settle: ((outcome: Outcome) => void) | undefined): Entry | undefined {
    if (this.#state === 'stopped') {
      settle?.({ code: CODES.offline, delivered: 0 });
      return undefined;
    }
    const bytes = this.#encode(this.#names.shrink(frame));
    const entry = bytes && this.#outbox.add(bytes, settle);
    if (entry) this.pump();
    else settle?.({ code: bytes ? CODES.queue_full : CODES.too_large, delivered: 0 });
    return entry;
  }

  /** The frame's bytes; undefined where it is larger or deeper than the gateway takes. */
  #encode(frame: DataFrameInit): Uint8Array | undefined {
    try {
      return encodeFrame(frame, { maxBytes: this.#limits.maxFrame - ENVELOPE_BYTES, maxDepth: MAX_DEPTH });
    } catch (error) {
      if (error instanceof FrameError && TOO_LARGE.has(error.code)) return undefined;
      throw error;
    }
  }

  /** What waits is written without the numbers that stand for names, as some of them are to go. */
  #writeInFull(): void {
    this.#outbox.rewrite((bytes) => {
      const { length } = bytes;
      return this.#encode(this.#names.expand(decodeFrame(bytes, { maxBytes: length, maxItems: length }) as DataFrame));
    });
  }

  #send(frame: FrameInit, maxBytes?: number): boolean {
    return this.#write(encodeFrame(frame, maxBytes === undefined ? undefined : { maxBytes, maxDepth: MAX_DEPTH }));
  }

  #write(bytes: Uint8Array): boolean {
    if (!this.#link?.send(bytes)) return false;
    this.#liveness.said();
    return true;
  }

  #fault(error: unknown): void {
    if (!(error instanceof FrameError)) throw error;
    this.#handler.fault?.(error);
  }

  /** The link says nothing any more, or acknowledges nothing. */
  #lose(): void {
    const link = this.#unlink();
    link?.close();
    if (this.#link === undefined) this.#become('offline');
  }

  #end(): void {
    const link = this.#unlink();
    this.#become('stopped');
    link?.close();
    this.#outbox.drop();
    this.#calls.drop();
    this.#lists.drop();
    this.#files.stop();
    this.#names.drop(CODES.offline);
  }

  #unlink(): FrameClientLink | undefined {
    const link = this.#link;
    this.#link = undefined;
    this.#cancelHello?.();
    this.#cancelHello = undefined;
    this.#cancelAck?.();
    this.#cancelAck = undefined;
    this.#repeater.stop();
    this.#liveness.stop();
    this.#outbox.rewind();
    return link;
  }

  #become(state: FrameClientState): void {
    if (this.#state === state || this.#state === 'stopped') return;
    this.#state = state;
    if (state !== 'online') this.#files.offline();
    this.#handler.state?.(state);
  }
}

const TOO_LARGE: ReadonlySet<string> = new Set(['too_large', 'too_deep', 'too_many_items']);
