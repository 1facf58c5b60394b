import { Backoff } from '@crosscomm/protocol';
import type { Conversation } from './conversation.ts';
import type { Closing } from './error.ts';
import type { FrameConversation } from './frame-conversation.ts';
import type { Platform, Socket } from './platform.ts';
import { random, systemClock } from './system.ts';
import type { TextConversation } from './text-conversation.ts';

export interface ConnectionOptions {
  url: string;
  /** Milliseconds that the opening may take. */
  handshakeMs: number;
  /** See `ServerAddress`. */
  ca: string | undefined;
  /** Whether a lost connection is opened again. */
  reconnects: boolean;
}

/** What may be spoken, one at least. */
export interface Spoken {
  frames: FrameConversation | undefined;
  text: TextConversation | undefined;
}

/** Why a connection is gone, or did not come about. */
export interface Loss {
  /** Half a sentence for a person. */
  why: string;
  /** The error of the system, where one is known. */
  cause: unknown;
  /** How the server closed it, where it was open. */
  closed: Closing | undefined;
}

export interface ConnectionHandler {
  /** The next try follows by itself, where there is to be one. */
  lost(loss: Loss): void;
}

/** How long a server has to answer a closing handshake. */
const CLOSE_MS = 1000;

/**
 * The one WebSocket to the server, opened again and again until `stop`, and the choice of what is spoken on it.
 *
 * A gateway answers the first frame, a Hello, and ignores text after that. pywayne's server answers no frame, but everybody's
 * question for the list of clients, also before a login. So both are sent, and the first answer decides.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #platform: Platform;
  readonly #frames: FrameConversation | undefined;
  readonly #text: TextConversation | undefined;
  readonly #handler: ConnectionHandler;
  readonly #backoff = new Backoff(random);
  #socket: Socket | undefined;
  #isOpen = false;
  #current: Conversation;
  /** A gateway was here before, so only a Hello without an answer needs the question beside it. */
  #knowsFrames = false;
  #cancelRetry: () => void = () => {};
  #closed = Promise.resolve();

  constructor(options: ConnectionOptions, platform: Platform, { frames, text }: Spoken, handler: ConnectionHandler) {
    this.#options = options;
    this.#platform = platform;
    this.#frames = frames;
    this.#text = text;
    this.#handler = handler;
    this.#current = (frames ?? text) as Conversation;
  }

  /** The conversation that goes on, or went on last. */
  get conversation(): Conversation {
    return this.#current;
  }

  get speaksText(): boolean {
    return this.#current === this.#text;
  }

  /** Whether the server has opened the WebSocket, whatever it says then. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Throws where the address is none. */
  open(): void {
    const socket = this.#platform.openSocket(this.#options.url, this.#options);
    let fault: { error: unknown } | undefined;
    this.#socket = socket;
    socket.onopen = () => {
      this.#isOpen = true;
      if (this.#frames) this.#beginFrames(socket, this.#frames);
      else this.#beginText(socket);
    };
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string') this.#frames?.frames.receive(new Uint8Array(data as ArrayBuffer));
      else if (this.#text?.isLinked) this.#text.receive(data);
      else if (!this.#frames?.isOnline) this.#beginText(socket);
    };
    socket.onerror = (error) => {
      fault = { error };
    };
    socket.onclose = ({ code, reason }) => {
      const why = (fault && this.#platform.reasonOf(fault.error)) ?? reason;
      const closed = this.#isOpen ? { code, reason } : undefined;
      this.#gone({ why: why || `the connection was closed, code ${code}`, cause: fault?.error, closed });
    };
  }

  /** Leaves what comes in the connection, or reads on; of one that is not open nothing comes. False: it cannot. */
  pause(isPaused: boolean): boolean {
    const socket = this.#socket;
    if (socket === undefined || !this.#isOpen) return true;
    if (!this.speaksText || !socket.pause || !socket.resume) return false;
    if (isPaused) socket.pause();
    else socket.resume();
    this.#text?.pause(isPaused);
    return true;
  }

  /** It got through: the next lost connection is opened again soon. */
  succeeded(): void {
    this.#backoff.reset();
    if (this.#text?.isLinked) this.#current = this.#text;
    else if (this.#frames) this.#current = this.#frames;
    this.#knowsFrames = this.#current === this.#frames;
  }

  /** Ends it, after what was sent. Resolves when the server has heard of it, or after a second. */
  stop(): Promise<void> {
    this.#cancelRetry();
    const socket = this.#release();
    if (socket === undefined) return this.#closed;
    this.#closed = new Promise((resolve) => {
      const cancel = systemClock.after(CLOSE_MS, () => {
        abandon(socket);
        resolve();
      });
      socket.onclose = () => {
        cancel();
        resolve();
      };
      // A closing handshake has to be read.
      socket.resume?.();
      socket.close();
    });
    return this.#closed;
  }

  #beginFrames(socket: Socket, { frames }: FrameConversation): void {
    let hellos = 0;
    frames.linkUp({
      send: (frame) => {
        if (this.#socket !== socket) return false;
        socket.send(frame);
        const asksBeside = frames.state === 'greeting' && (++hellos > 1 || !this.#knowsFrames);
        if (asksBeside && this.#text) socket.send(this.#text.probe);
        return true;
      },
      close: () => {
        if (frames.state === 'stopped') void this.stop();
        else this.#drop(socket, 'the gateway says nothing any more');
      },
    });
  }

  #beginText(socket: Socket): void {
    this.#frames?.frames.linkDown();
    this.#text?.linkUp({
      send: (text) => {
        if (this.#socket === socket) socket.send(text);
      },
      lost: () => this.#drop(socket, 'the server says nothing any more'),
    });
  }

  #drop(socket: Socket, why: string): void {
    if (this.#socket !== socket) return;
    this.#release();
    abandon(socket);
    this.#gone({ why, cause: undefined, closed: undefined });
  }

  /** The socket, which nobody listens to any more. */
  #release(): Socket | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isOpen = false;
    if (socket === undefined) return undefined;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    // One that nobody listens to would be thrown.
    socket.onerror = () => {};
    return socket;
  }

  #gone(loss: Loss): void {
    this.#release();
    if (this.#text?.isLinked) this.#text.linkDown();
    this.#frames?.frames.linkDown();
    if (this.#options.reconnects) {
      const delayMs = Math.max(this.#backoff.next(), this.#frames?.frames.helloDelayMs ?? 0);
      this.#cancelRetry = systemClock.after(delayMs, () => this.open());
    }
    this.#handler.lost(loss);
  }
}

/** Drops a connection, without waiting for the other side where that can be done. */
function abandon(socket: Socket): void {
  if (socket.terminate) socket.terminate();
  else socket.close();
}
