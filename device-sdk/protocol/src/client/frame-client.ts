import { CAPABILITIES, CHUNK_OVERHEAD_BYTES, CODES, GOODBYE_REASONS, MESSAGE_KINDS, TIMES, VERSION } from '../codes.ts';
import { decodeFrame } from '../decode-frame.ts';
import { encodeFrame } from '../encode-frame.ts';
import { FrameError } from '../error.ts';
import type {
  Call,
  DataFrame,
  DataFrameInit,
  ErrorFrame,
  FetchOptions,
  Frame,
  FrameInit,
  MessageFrame,
  Resume,
  UnknownFrame,
  Welcome,
} from '../frame.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Encodable, Value } from '../value.ts';
import { ListRequests, OpenCalls } from './calls.ts';
import type { FetchAnswer, FileOutcome, FileToSend, FileTransfer } from './file-types.ts';
import { ClientFiles } from './files.ts';
import { Greeter } from './greeter.ts';
import { Inbox } from './inbox.ts';
import { KeepRequests } from './keeps.ts';
import { Liveness } from './liveness.ts';
import type { ClientNames } from './names.ts';
import type { Entry } from './outbox.ts';
import type {
  CallResult,
  FrameClientHandler,
  FrameClientLink,
  FrameClientOptions,
  FrameClientState,
  ListResult,
  Outcome,
} from './types.ts';
import { Uplink } from './uplink.ts';

const DEFAULT_QUEUE_BYTES = 1024 * 1024;
const DEFAULT_WINDOW = 131_072;
const DEFAULT_CHUNK_BYTES = 8_192;
/** What a gateway takes that has not said so yet; it gives up again what turns out too large. */
const ASSUMED_LIMITS = { maxFrame: DEFAULT_LIMITS.maxBytes, window: DEFAULT_WINDOW, maxAliases: 0, maxKeys: 0 };

/**
 * The device's end of the frame protocol (SPEC.md): sessions that outlive their links, at-least-once delivery both ways, names by
 * number, calls. It owns no socket, clock or timer: its owner hands in a link by `linkUp`, what comes by it to `receive`, and says
 * `linkDown` when it is gone. It says Hello by itself, and again as section 10 says.
 */
export class FrameClient {
  readonly deviceId: string;
  readonly #options: Required<Omit<FrameClientOptions, 'user' | 'password' | 'bootId'>> & FrameClientOptions;
  readonly #handler: FrameClientHandler;
  readonly #uplink: Uplink;
  readonly #names: ClientNames;
  readonly #inbox: Inbox;
  readonly #calls: OpenCalls;
  readonly #lists: ListRequests;
  readonly #keeps: KeepRequests;
  readonly #files: ClientFiles;
  readonly #greeter: Greeter;
  readonly #liveness: Liveness;
  #state: FrameClientState = 'offline';
  #link: FrameClientLink | undefined;
  #bootId: number;
  #welcome: Welcome | undefined;
  /** The last session, 0 for none. */
  #session = 0;

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
    this.#bootId = options.bootId ?? this.#freshBootId();
    this.#uplink = new Uplink(clock, this.#options.maxQueueBytes, ASSUMED_LIMITS, {
      isOnline: () => this.#state === 'online',
      write: (bytes) => this.#write(bytes),
      unanswered: () => this.#lose(),
      usedUp: () => this.#renew(),
      unfitting: () => this.#greet(),
    });
    this.#names = this.#uplink.names;
    this.#inbox = new Inbox(clock, this.#options.window, (seq) => this.#sendOnline({ type: 'ack', seq }));
    this.#calls = new OpenCalls(clock);
    this.#lists = new ListRequests(clock, 2 * TIMES.callMs, (onlyOnline) => this.#ask(onlyOnline));
    this.#keeps = new KeepRequests({
      clock,
      send: (frame) => this.#sendOnline(frame),
      answered: (value) => handler.kept?.(value),
    });
    this.#files = new ClientFiles(
      {
        clock,
        send: (frame) => this.#sendOnline(frame),
        deliver: (frame) => void this.#add(frame, undefined),
        chunkBytes: () => Math.min(this.#options.fileChunkBytes, this.#uplink.limits.maxFrame - CHUNK_OVERHEAD_BYTES),
      },
      (file) => (handler.file ? handler.file(file) : file.decline()),
    );
    this.#greeter = new Greeter(clock, random, () => this.#greet());
    this.#liveness = new Liveness(clock, {
      ping: () => void this.#sendOnline({ type: 'ping' }),
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
    return this.#uplink.outbox.size;
  }

  /** How long the gateway wants to hear no Hello, in milliseconds: it pays to open no link before. */
  get helloDelayMs(): number {
    return this.#greeter.delayMs;
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
    this.#uplink.pump();
    this.#files.pump();
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
    return this.#uplink.sendBare({ type: 'message', to, value });
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
    return this.#uplink.unsubscribe(channel);
  }

  /**
   * Has the gateway keep the last value of a field of a channel's messages, whoever sets it, and say by the handler's `kept` what it
   * is: now, and in each session that follows. Subscribe to the channel before. Where it cannot be kept the handler is told that
   * nothing is. A gateway that is older than this says nothing.
   */
  keep(channel: string, key: string): void {
    if (this.#state === 'stopped') return;
    this.pump();
    this.#keeps.add(channel, key);
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
   * Calls a function that a client, or a client of a channel, offers. `settle` gets the answer once. The call ends `timeoutMs`
   * after it was made, also while there is no link, and then it is not sent any more; the gateway waits for an answer as long, up
   * to 60 s. Throws FrameError.
   */
  call(
    to: string,
    name: string,
    args: Encodable,
    settle: (result: CallResult) => void,
    timeoutMs: number = TIMES.callMs,
  ): void {
    let entry: Entry | undefined;
    const callId = this.#calls.open(timeoutMs, (result) => {
      if (entry !== undefined && result.code === CODES.timeout) this.#uplink.outbox.withdraw(entry);
      settle(result);
    });
    if (callId === undefined) {
      settle({ code: CODES.too_many, value: null, text: '' });
      return;
    }
    try {
      const asked = Math.max(0, Math.min(Math.ceil(timeoutMs), TIMES.callMaxMs));
      entry = this.#add({ type: 'call', callId, to, function: name, args, timeoutMs: asked }, ({ code }) => {
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
    return this.#sendOnline({ type: 'log', level, text });
  }

  /**
   * Says goodbye and is over for good; whoever waits for something is told `offline`. `reason`: one of GOODBYE_REASONS; after
   * `sleeping` the gateway keeps the session for another client with its bootId.
   */
  stop(reason: number = GOODBYE_REASONS.leaving): void {
    if (this.#state === 'stopped') return;
    this.#sendOnline({ type: 'goodbye', reason });
    this.#end();
  }

  /** Says Hello, as soon as the gateway wants to hear one. */
  #greet(): void {
    const isHeld = this.#greeter.delayMs > 0;
    this.#uplink.pause();
    if (isHeld) this.#liveness.stop();
    else this.#liveness.start();
    this.#greeter.plan();
    this.#become('greeting');
    if (isHeld || this.#state !== 'greeting') return;
    const { deviceId, maxFrame, window, capabilities, user = null, password = null } = this.#options;
    const resume = this.#resume();
    const bootId = this.#bootId;
    const hello = {
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
    } as const;
    this.#write(encodeFrame(hello));
  }

  #resume(): Resume | null {
    const { firstSeq } = this.#uplink.outbox;
    if (this.#session === 0 && firstSeq === 1) return null;
    return { firstSeq, session: this.#session, received: this.#inbox.received };
  }

  /** The gateway wants to hear nothing for a while. */
  #hold(): void {
    this.#greeter.hold();
    this.#greet();
  }

  #welcomed(welcome: Welcome): void {
    const { session, lastSeq, limits, resumed } = welcome;
    if (this.#state === 'online' && session === this.#session) return;
    if (lastSeq > this.#uplink.outbox.highestSent) {
      this.#renew();
      return;
    }
    const goesOn = resumed && session === this.#session;
    this.#greeter.welcomed();
    this.#welcome = welcome;
    this.#session = session;
    if (!goesOn) {
      this.#inbox.restart();
      this.#calls.forgetTaken();
    }
    this.#uplink.resume(lastSeq, goesOn, limits);
    this.#become('online');
    this.pump();
    this.#keeps.online(!goesOn);
    this.#files.online();
  }

  #dismissed(reason: number): void {
    if (reason === GOODBYE_REASONS.taken_over || reason === GOODBYE_REASONS.too_many_faults) {
      this.#hold();
      return;
    }
    if (this.#state !== 'online') return;
    this.#uplink.pause();
    this.#greeter.plan();
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
    } else if (type === 9 && at !== undefined) this.#uplink.outbox.refuse(at, code);
    else if (type === 14 && at !== undefined) this.#calls.fail(at, code, text);
    else if (type === 12) this.#lists.end(code);
    else if (type === 21) this.#files.fetchFailed(code);
    else if (type === 6 && at !== undefined) this.#uplink.aliasFailed(at, code);
    else if (type === 11 && at !== undefined) this.#uplink.keyFailed(at, code);
    this.#handler.error?.({ code, text, about });
  }

  #hear(frame: Frame, bytes: number): void {
    switch (frame.type) {
      case 'sequenced':
        if (this.#inbox.take(frame.seq, bytes)) this.#act(frame.frame);
        break;
      case 'ack':
        this.#uplink.acknowledged(frame.seq);
        break;
      case 'receipt':
        this.#uplink.receipt(frame);
        break;
      case 'ping':
        this.#sendOnline({ type: 'pong', n: frame.n });
        break;
      case 'alias':
      case 'unalias':
      case 'dictionary':
        this.#names.confirm(frame);
        this.#uplink.progressed();
        break;
      case 'message':
      case 'call':
      case 'reply':
      case 'clients':
      case 'keep':
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
        case 'keep':
          this.#keeps.answer(frame, (value) => this.#names.restore(value));
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

  /** The numbers of this boot id are used up, or not only ours: takes a new one. */
  #renew(): void {
    this.#bootId = this.#freshBootId();
    this.#session = 0;
    this.#inbox.restart();
    this.#uplink.outbox.renumber();
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
    return this.#uplink.add(frame, settle);
  }

  /** Sends a frame that is not kept. False: not online, or no room. Throws FrameError where it is larger than the gateway takes. */
  #sendOnline(frame: FrameInit): boolean {
    if (this.#state !== 'online') return false;
    return this.#write(encodeFrame(frame, { maxBytes: this.#uplink.limits.maxFrame }));
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
    this.#uplink.drop();
    this.#calls.drop();
    this.#lists.drop();
    this.#files.stop();
  }

  #unlink(): FrameClientLink | undefined {
    const link = this.#link;
    this.#link = undefined;
    this.#greeter.stop();
    this.#inbox.pause();
    this.#liveness.stop();
    this.#uplink.pause();
    return link;
  }

  #become(state: FrameClientState): void {
    if (this.#state === state || this.#state === 'stopped') return;
    this.#state = state;
    if (state !== 'online') {
      this.#keeps.offline();
      this.#files.offline();
    }
    this.#handler.state?.(state);
  }
}
