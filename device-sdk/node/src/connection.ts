import { Backoff } from '@crosscomm/protocol';
import type { Conversation } from './conversation.ts';
import type { FrameConversation } from './frame-conversation.ts';
import type { Platform, Socket } from './platform.ts';
import { random, systemClock } from './system.ts';
import type { TextConversation } from './text-conversation.ts';

export interface ConnectionHandler {
  /** A connection is gone, or did not come about; the next try follows by itself. */
  lost(why: string): void;
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
  readonly #url: string;
  readonly #platform: Platform;
  readonly #frames: FrameConversation;
  readonly #text: TextConversation;
  readonly #handler: ConnectionHandler;
  readonly #backoff = new Backoff(random);
  #socket: Socket | undefined;
  #current: Conversation;
  /** A gateway was here before, so only a Hello without an answer needs the question beside it. */
  #knowsFrames = false;
  #cancelRetry: () => void = () => {};
  #closed = Promise.resolve();

  constructor(
    url: string,
    platform: Platform,
    frames: FrameConversation,
    text: TextConversation,
    handler: ConnectionHandler,
  ) {
    this.#url = url;
    this.#platform = platform;
    this.#frames = frames;
    this.#text = text;
    this.#handler = handler;
    this.#current = frames;
  }

  /** The conversation that goes on, or went on last. */
  get conversation(): Conversation {
    return this.#current;
  }

  get speaksText(): boolean {
    return this.#current === this.#text;
  }

  /** Throws where the address is none. */
  open(): void {
    const socket = this.#platform.openSocket(this.#url);
    let why: string | undefined;
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#beginFrames(socket);
    socket.onmessage = ({ data }) => {
      if (typeof data !== 'string') this.#frames.frames.receive(new Uint8Array(data as ArrayBuffer));
      else if (this.#text.isLinked) this.#text.receive(data);
      else if (!this.#frames.isOnline) this.#beginText(socket);
    };
    socket.onerror = (event) => {
      why = this.#platform.reasonOf(event);
    };
    socket.onclose = ({ code, reason }) => {
      this.#gone(why ?? (reason === '' ? `the connection was closed, code ${code}` : reason));
    };
  }

  /** It got through: the next lost connection is opened again soon. */
  succeeded(): void {
    this.#backoff.reset();
    this.#current = this.#text.isLinked ? this.#text : this.#frames;
    this.#knowsFrames = this.#current === this.#frames;
  }

  /** Ends it, after what was sent. Resolves when the server has heard of it, or after a second. */
  stop(): Promise<void> {
    this.#cancelRetry();
    const socket = this.#release();
    if (socket === undefined) return this.#closed;
    this.#closed = new Promise((resolve) => {
      const cancel = systemClock.after(CLOSE_MS, () => {
        this.#platform.abandon(socket);
        resolve();
      });
      socket.onclose = () => {
        cancel();
        resolve();
      };
      socket.close();
    });
    return this.#closed;
  }

  #beginFrames(socket: Socket): void {
    const { frames } = this.#frames;
    let hellos = 0;
    frames.linkUp({
      send: (frame) => {
        if (this.#socket !== socket) return false;
        socket.send(frame);
        if (frames.state === 'greeting' && (++hellos > 1 || !this.#knowsFrames)) socket.send(this.#text.probe);
        return true;
      },
      close: () => {
        if (frames.state === 'stopped') void this.stop();
        else this.#drop(socket, 'the gateway says nothing any more');
      },
    });
  }

  #beginText(socket: Socket): void {
    this.#frames.frames.linkDown();
    this.#text.linkUp({
      send: (text) => {
        if (this.#socket === socket) socket.send(text);
      },
      lost: () => this.#drop(socket, 'the server says nothing any more'),
    });
  }

  #drop(socket: Socket, why: string): void {
    if (this.#socket !== socket) return;
    this.#release();
    this.#platform.abandon(socket);
    this.#gone(why);
  }

  /** The socket, which nobody listens to any more. */
  #release(): Socket | undefined {
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return undefined;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    // One that nobody listens to would be thrown.
    socket.onerror = () => {};
    return socket;
  }

  #gone(why: string): void {
    this.#release();
    if (this.#text.isLinked) this.#text.linkDown();
    this.#frames.frames.linkDown();
    const delayMs = Math.max(this.#backoff.next(), this.#frames.frames.helloDelayMs);
    this.#cancelRetry = systemClock.after(delayMs, () => this.open());
    this.#handler.lost(why);
  }
}
