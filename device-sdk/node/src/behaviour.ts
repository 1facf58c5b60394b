import type { Delivery } from './conversation.ts';
import type { Message } from './message.ts';
import type { ChannelHandler, ListenerFilter, MessageHandler, Status } from './options.ts';

/** The gateway's client that tells what a room does together. */
const BEHAVIOURS = 'behaviours';

/** What a `Room` needs of a client: a `CrossCommService` has it. */
export interface RoomClient {
  readonly clientId: string;
  readonly status: Status;
  /** Sends to a channel or to a client. */
  send(channel: string, content: unknown): Promise<Delivery>;
  /** Subscribes to a channel; resolves to what ends that. */
  subscribe(channel: string, handler: ChannelHandler): Promise<() => void>;
  /** Calls `handler` with each message that the filter lets through; returns what ends that. */
  messageListener(filter: ListenerFilter, handler: MessageHandler): () => void;
  /** Calls `handler` whenever it stands otherwise with the server; returns what ends that. */
  statusListener(handler: (status: Status) => void): () => void;
  /** Runs a handler in its turn, and reports what it throws. */
  guard(handler: () => unknown): void;
}

/** What every behaviour of a room does: it asks the gateway, again after each reconnect, and hears what it tells. */
export abstract class Behaviour {
  protected readonly client: RoomClient;
  readonly #about: Record<string, unknown>;
  readonly #handlers = new Set<() => void>();
  readonly #endings: (() => void)[] = [];
  #error: string | undefined;
  #isTold = false;

  /** `about`: the fields by which messages about it are known. */
  constructor(client: RoomClient, about: Record<string, unknown>) {
    this.client = client;
    this.#about = about;
  }

  /** Why the gateway refuses what was asked last; undefined where it does not. */
  get error(): string | undefined {
    return this.#error;
  }

  /** Whether the gateway has told how it stands, since this client is online. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** Calls `handler` after each change, also of `error`. Returns what ends that. */
  onChange(handler: () => void): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  /** Ends it: the gateway tells this client no more of it. */
  stop(): void {
    for (const end of this.#endings.splice(0)) end();
    this.say({ stop: true });
  }

  /** Begins: made by `Room` alone. */
  protected start(): void {
    const { client } = this;
    this.#endings.push(
      client.messageListener({ fromClientId: BEHAVIOURS }, (message) => this.#hear(message)),
      client.statusListener(({ state }) => {
        this.#isTold = false;
        if (state === 'online') this.say(this.options());
      }),
    );
    this.say(this.options());
  }

  /** Something else that ends with it. */
  protected endsWith(end: () => void): void {
    this.#endings.push(end);
  }

  /** Asks the gateway; nothing while it is away, as all is asked again when it is back. */
  protected say(fields: object): void {
    if (this.client.status.state !== 'online') return;
    this.client.send(BEHAVIOURS, { ...this.#about, ...fields }).catch((error: unknown) => this.#fail(error));
  }

  /** What it asks for beside what it is about. */
  protected abstract options(): object;

  /** True where what is told is whole, and `onChange` is to know. */
  protected abstract take(fields: Record<string, unknown>): boolean;

  #fail(error: unknown): void {
    this.#error = error instanceof Error ? error.message : String(error);
    this.#changed();
  }

  #hear({ content }: Message): void {
    if (typeof content !== 'object' || content === null) return;
    const fields = content as Record<string, unknown>;
    if (Object.entries(this.#about).some(([name, value]) => fields[name] !== value)) return;
    if (typeof fields.error === 'string') {
      this.#fail(fields.error);
      return;
    }
    this.#error = undefined;
    const isWhole = this.take(fields);
    this.#isTold ||= isWhole;
    if (isWhole) this.#changed();
  }

  #changed(): void {
    for (const handler of this.#handlers) this.client.guard(handler);
  }
}
