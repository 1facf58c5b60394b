import { CAPABILITIES, CHUNK_OVERHEAD_BYTES, CODES, GOODBYE_REASONS, TIMES } from '../codes.ts';
import type { FetchOptions, Welcome } from '../frame.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { Encodable } from '../value.ts';
import { ListRequests, OpenCalls } from './calls.ts';
import type { FetchAnswer, FileOutcome, FileToSend, FileTransfer } from './file-types.ts';
import { ClientFiles } from './files.ts';
import { Inbox } from './inbox.ts';
import { Incoming } from './incoming.ts';
import { KeepRequests } from './keeps.ts';
import type { Entry } from './outbox.ts';
import { Pairing } from './pairing.ts';
import { SelfDescription } from './self-description.ts';
import { Session } from './session.ts';
import type {
  CallResult,
  DescribeOutcome,
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
  readonly #session: Session;
  readonly #uplink: Uplink;
  readonly #incoming: Incoming;
  readonly #calls: OpenCalls;
  readonly #lists: ListRequests;
  readonly #keeps: KeepRequests;
  readonly #description: SelfDescription;
  readonly #files: ClientFiles;

  constructor(options: FrameClientOptions, handler: FrameClientHandler = {}) {
    const {
      deviceId,
      clock,
      random,
      bootId,
      maxFrame = DEFAULT_LIMITS.maxBytes,
      window = DEFAULT_WINDOW,
      capabilities = CAPABILITIES.receipts + (handler.file ? CAPABILITIES.files : 0),
      maxQueueBytes = DEFAULT_QUEUE_BYTES,
      fileChunkBytes = DEFAULT_CHUNK_BYTES,
    } = options;
    this.deviceId = deviceId;
    const uplink = new Uplink(clock, maxQueueBytes, ASSUMED_LIMITS, {
      isOnline: () => this.state === 'online',
      write: (bytes) => this.#session.write(bytes),
      unanswered: () => this.#session.lose(),
      usedUp: () => this.#session.renew(),
      unfitting: () => this.#session.greet(),
    });
    const inbox = new Inbox(clock, window, (seq) => this.#session.send({ type: 'ack', seq }));
    this.#uplink = uplink;
    this.#calls = new OpenCalls(clock);
    this.#lists = new ListRequests(clock, 2 * TIMES.callMs, (onlyOnline) => this.#ask(onlyOnline));
    this.#keeps = new KeepRequests({
      clock,
      send: (frame) => this.#session.send(frame),
      answered: (value) => handler.kept?.(value),
    });
    this.#description = new SelfDescription({ clock, send: (frame) => this.#session.send(frame) });
    this.#files = new ClientFiles(
      {
        clock,
        send: (frame) => this.#session.send(frame),
        deliver: (frame) => void this.#session.add(frame, undefined),
        chunkBytes: () => Math.min(fileChunkBytes, uplink.limits.maxFrame - CHUNK_OVERHEAD_BYTES),
      },
      (file) => (handler.file ? handler.file(file) : file.decline()),
    );
    const pairing = new Pairing(options.pairing, {
      send: (frame) => this.#session.send(frame),
      greet: () => this.#session.isLinked && this.#session.greet(),
    });
    const introduction = { ...options, maxFrame, window, capabilities };
    this.#session = new Session(
      { introduction, bootId, clock, random, credentials: () => pairing.show() },
      { uplink, inbox },
      {
        state: (state) => this.#became(state, handler),
        restarted: () => this.#calls.forgetTaken(),
        welcomed: (isNew) => this.#welcomed(isNew),
        stopped: () => this.#drop(),
      },
    );
    const parts = { session: this.#session, uplink, inbox, calls: this.#calls, lists: this.#lists };
    const others = { keeps: this.#keeps, files: this.#files, pairing, description: this.#description };
    this.#incoming = new Incoming({ ...parts, ...others }, handler, maxFrame);
  }

  get state(): FrameClientState {
    return this.#session.state;
  }

  get bootId(): number {
    return this.#session.bootId;
  }

  /** The Welcome that it came online by last. */
  get welcome(): Welcome | undefined {
    return this.#session.welcome;
  }

  /** How many frames are not acknowledged. */
  get pending(): number {
    return this.#uplink.outbox.size;
  }

  /** How long the gateway wants to hear no Hello, in milliseconds: it pays to open no link before. */
  get helloDelayMs(): number {
    return this.#session.helloDelayMs;
  }

  /** A link is open. One that it had before is closed; what still comes by that must not be handed in any more. */
  linkUp(link: FrameClientLink): void {
    this.#session.linkUp(link);
  }

  /** The link is gone. */
  linkDown(): void {
    this.#session.linkDown();
  }

  /** The link, which had no room, has room again. Without it the next try comes with the next timer. */
  pump(): void {
    if (this.state !== 'online') return;
    this.#uplink.pump();
    this.#files.pump();
  }

  /** One frame came, whole. The bytes are not kept. */
  receive(bytes: Uint8Array): void {
    this.#incoming.receive(bytes);
  }

  /**
   * Sends a message at least once: it is kept until the gateway has it, across lost links. `settle` is told what became of it.
   * `kind`: one of MESSAGE_KINDS.
   * False: it cannot be sent (too large, no room, stopped), which `settle` has been told. Throws FrameError where `value` cannot be
   * encoded.
   */
  send(to: string, value: Encodable, settle?: (outcome: Outcome) => void, kind?: number): boolean {
    const frame = { type: 'message', to, value } as const;
    return this.#session.add(kind === undefined ? frame : { ...frame, kind }, settle) !== undefined;
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
    if (this.state === 'stopped') return;
    this.pump();
    this.#keeps.add(channel, key);
  }

  /**
   * Tells what this device has, a map or JSON text of one (SPEC.md, section 21), now and in each session that follows, in place of what it told
   * before. `settle` is told once what the gateway says of it.
   */
  describe(description: Encodable, settle?: (outcome: DescribeOutcome) => void): void {
    if (this.state === 'stopped') settle?.({ code: CODES.offline, text: '' });
    else this.#description.set(description, settle);
  }

  /**
   * Makes a small number stand for a channel that is often sent to. `shape`: the keys of the maps that it mostly carries, which then go
   * without them both ways, where the gateway can; also of a channel that is subscribed to.
   */
  alias(channel: string, shape?: readonly string[]): void {
    const isSubscribed = this.#uplink.names.isSubscribed(channel);
    if (!isSubscribed || shape !== undefined) this.#declare(channel, isSubscribed, undefined, shape);
  }

  /** Makes small numbers stand for keys of maps that are often sent or heard. */
  addKeys(keys: readonly string[]): void {
    this.#uplink.names.addKeys(keys);
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
      entry = this.#session.add({ type: 'call', callId, to, function: name, args, timeoutMs: asked }, ({ code }) => {
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
    if (this.state === 'stopped') settle({ code: CODES.offline, clients: [] });
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
    return this.#session.send({ type: 'log', level, text });
  }

  /**
   * Says goodbye and is over for good; whoever waits for something is told `offline`. `reason`: one of GOODBYE_REASONS; after
   * `sleeping` the gateway keeps the session for another client with its bootId.
   */
  stop(reason: number = GOODBYE_REASONS.leaving): void {
    if (this.state === 'stopped') return;
    this.#session.send({ type: 'goodbye', reason });
    this.#session.end();
  }

  #became(state: FrameClientState, handler: FrameClientHandler): void {
    if (state !== 'online') {
      this.#keeps.offline();
      this.#description.offline();
      this.#files.offline();
    }
    handler.state?.(state);
  }

  #welcomed(isNew: boolean): void {
    this.pump();
    this.#keeps.online(isNew);
    this.#description.online(isNew);
    this.#files.online();
  }

  /** It is over: whoever waits for something is told so. */
  #drop(): void {
    this.#uplink.drop();
    this.#calls.drop();
    this.#lists.drop();
    this.#files.stop();
    this.#description.answered({ code: CODES.offline, text: '' });
  }

  #declare(
    channel: string,
    subscribes: boolean,
    settle: ((code: number) => void) | undefined,
    shape?: readonly string[],
  ): void {
    if (this.state === 'stopped') settle?.(CODES.offline);
    else if (this.#uplink.names.declare(channel, subscribes, settle, shape)) this.pump();
    else settle?.(CODES.too_many);
  }

  #ask(onlyOnline: boolean): void {
    this.#session.add({ type: 'listClients', onlyOnline }, ({ code }) => {
      if (code !== CODES.ok) this.#lists.end(code);
    });
  }
}
