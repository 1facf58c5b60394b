import type { ClientInfo } from './client.ts';
import { NOTHING } from './client.ts';
import type { HubEmitter } from './events.ts';
import type { Message } from './message.ts';
import { type Receipt, refusedReceipt } from './receipt.ts';
import type { Protocol } from './session.ts';

/** Another gateway, which holds clients. */
export interface RemoteGateway {
  readonly name: string;
  /** When it was heard of last; milliseconds since 1970. */
  readonly heardMs: number;
}

/** A client that is online at another gateway. There may be 100,000, so nothing is kept here that is not needed. */
export interface RemoteClient {
  readonly gateway: RemoteGateway;
  readonly protocol: Protocol;
  /** Its account there; undefined if it is anonymous. */
  readonly account: string | undefined;
  /** When it joined there, by the clock of that gateway; milliseconds since 1970. */
  readonly sinceMs: number;
}

/** Who takes messages and questions to other gateways. */
export interface Courier {
  /** Hands a message to the gateway that holds its recipient, and resolves to what became of it there; never rejects. */
  forward(message: Message, client: RemoteClient, sender: ForwardedSender): Promise<Receipt>;
  /**
   * Whether a client that is online at another gateway gives its id up to a newcomer here: it is asked there, as a client of this gateway
   * would be asked. Never rejects.
   */
  asks(id: string, client: RemoteClient): Promise<boolean>;
}

/** What goes along with a message of what its sender is. */
export interface ForwardedSender {
  readonly account: string | undefined;
  readonly protocol: Protocol | undefined;
}

/** A gateway at which what is sent to a client waits while that is away. */
export interface Home {
  readonly gateway: string;
  /** The account of the client there; undefined if it is anonymous. */
  readonly account: string | undefined;
}

/** Who knows where messages wait for clients of other gateways. */
export interface Homes {
  /** The other gateway at which what is sent to a client waits; undefined: here, or nowhere as far as is known. */
  homeOf(id: string): Home | undefined;
  /** Whether it waits here. */
  isHere(id: string): boolean;
  /**
   * Begins to write down a message for that gateway, once: from the write of this turn on it is safe, and arrives there or wherever the client has
   * moved to by then. `isAlone`: it is for nobody else. False: there is no room.
   */
  keep(message: Message, sender: ForwardedSender, isAlone: boolean): boolean;
}

const NO_HOMES: Homes = {
  homeOf: () => undefined,
  isHere: () => false,
  keep: () => false,
};

const NOBODY: Courier = {
  forward: async () => refusedReceipt('no_recipient'),
  asks: async () => true,
};

/** How many callers that are not known to be online are remembered; the oldest make room. */
const MAX_CALLERS = 1000;
/** OOCSI's name for the function in a call, and for the number in it and in its answer; see docs/oocsi.md. */
const HANDLE = '"_MESSAGE_HANDLE"';
const ID = '"_MESSAGE_ID"';

/**
 * Who is online at other gateways. Whoever knows them writes it (`put`, `delete`); it is empty where there are none. A client that is online
 * here, too, is this gateway's until it is decided who has the id.
 */
export class Elsewhere {
  courier: Courier = NOBODY;
  homes: Homes = NO_HOMES;
  readonly #clients = new Map<string, RemoteClient>();
  /** Those who called from another gateway before it was known that they are online there. */
  readonly #callers = new Map<string, RemoteClient>();
  readonly #events: HubEmitter;
  readonly #isHere: (id: string) => boolean;
  #version = 0;

  constructor(events: HubEmitter, isHere: (id: string) => boolean) {
    this.#events = events;
    this.#isHere = isHere;
  }

  get size(): number {
    return this.#clients.size;
  }

  /** No message can be for anybody elsewhere. */
  get isEmpty(): boolean {
    return this.#clients.size === 0 && this.#callers.size === 0;
  }

  /** Grows with each change. */
  get version(): number {
    return this.#version;
  }

  get(id: string): RemoteClient | undefined {
    return this.#clients.get(id);
  }

  /** Notes that a client is online at another gateway, in place of any that had it before. `id` has memory of its own. */
  put(id: string, client: RemoteClient): void {
    const before = this.#clients.get(id);
    this.#clients.set(id, client);
    this.#version++;
    if (before === undefined && !this.#isHere(id)) this.#events.emit('came', id, client.protocol);
  }

  /** Notes that it is not online there any more. */
  delete(id: string): void {
    const before = this.#clients.get(id);
    if (before === undefined) return;
    this.#clients.delete(id);
    this.#version++;
    if (!this.#isHere(id)) this.#events.emit('went', { ...this.info(id, before), online: false, gateway: undefined });
  }

  /** A message came in from another gateway: where it is a call, its answer finds the way back although nobody knows its sender yet. */
  noteCall({ from, kind, body }: Message, gateway: string, { account, protocol = '' }: Partial<ForwardedSender>): void {
    if (kind !== 'dict' || this.#clients.has(from) || !(body as string).includes(HANDLE)) return;
    this.#callers.delete(from);
    this.#callers.set(from, { gateway: { name: gateway, heardMs: 0 }, protocol, account, sinceMs: 0 });
    if (this.#callers.size > MAX_CALLERS) this.#callers.delete(this.#callers.keys().next().value as string);
  }

  /** Where a message goes that is for a client of another gateway; undefined: for none. */
  targetOf({ to, kind, body }: Message): RemoteClient | undefined {
    const client = this.#clients.get(to);
    if (client !== undefined || this.#callers.size === 0) return client;
    const caller = this.#callers.get(to);
    return caller !== undefined && kind === 'dict' && (body as string).includes(ID) ? caller : undefined;
  }

  /** All of them that are not online here as well, with their ids. */
  *entries(): Generator<[string, RemoteClient]> {
    for (const entry of this.#clients) if (!this.#isHere(entry[0])) yield entry;
  }

  /** What is known of one, as of every client. */
  info(id: string, { gateway, protocol, account, sinceMs }: RemoteClient): ClientInfo {
    return {
      ...{ id, protocol, account, online: true, gateway: gateway.name },
      ...{ joinedMs: sinceMs, lastSeenMs: Math.max(sinceMs, gateway.heardMs), subscriptions: NOTHING },
    };
  }
}
