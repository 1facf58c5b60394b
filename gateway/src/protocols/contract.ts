import type { z } from 'zod';
import type { Database } from '../common/level.ts';
import type { BaseConfig } from '../config/schema.ts';
import type { ConfigSection } from '../config/section.ts';
import type { Message, ObjectKind } from '../hub/message.ts';
import type { ProtocolTraits } from '../hub/protocol-traits.ts';
import type { Address } from '../transports/listen.ts';
import type { ListenerRegistry } from '../transports/listeners.ts';
import type { OutboxLimits, QueueBudget, WriteTurn } from '../transports/outbox.ts';
import type { UdpListener, UdpOptions } from '../transports/udp.ts';
import type { WebSocketRoutes } from '../transports/websocket-routes.ts';
import type { ByteStream, TextSession, Wire } from '../transports/wire.ts';
import type { SessionContext } from './context.ts';
import type { FrameDevices } from './frames/devices.ts';

/** A protocol that the gateway speaks: a folder beside this file exports one, and app/protocols.ts lists it. */
export interface ProtocolDefinition<Section extends ConfigSection = ConfigSection> {
  /** What sessions, logs, `/status` and the file of clients call it; it is written down, so it stays. */
  readonly name: string;
  /** What the rest of the gateway has to know of its clients. */
  readonly traits: ProtocolTraits;
  /** Its part of the configuration; none where there is nothing to set. */
  readonly section?: Section;
  /** How people come in by it; none where nobody has to be told. */
  readonly guide?: Guide<ValuesOf<Section>>;
  /**
   * Sets it up for one gateway: adds its WebSocket routes, and attaches to the hub what must be there before the hub has back what
   * was kept. Heavy modules are imported in here. What it throws ends the start, and what `host.onClose` was given is undone.
   */
  start(host: ProtocolHost<ValuesOf<Section>>): StartedProtocol | Promise<StartedProtocol>;
}

/** The values of a section: types and defaults are the schema's. */
export type ValuesOf<Section extends ConfigSection> = z.infer<Section['schema']>;

/** A protocol with the exact types of its section. */
export function defineProtocol<Section extends ConfigSection>(
  protocol: ProtocolDefinition<Section>,
): ProtocolDefinition<Section> {
  return protocol;
}

/** What a protocol does at the steps of the gateway's start, in this order; each is called once, if it is there. */
export interface StartedProtocol {
  /** Puts back what it keeps on disk itself. The hub has its own state back, and nobody is there. */
  restore?(): void | Promise<void>;
  /** Everything that was kept is back: clients of the gateway's own may join. */
  restored?(): void | Promise<void>;
  /** Opens its listeners, but for what cannot be undone. Throws a GatewayError where that cannot be; then the gateway does not start. */
  listen?(): void | Promise<void>;
  /** Every listener is open: what cannot be undone may begin, such as opening serial ports, which resets boards. */
  opened?(): void | Promise<void>;
  /** Resolves when what it has taken so far is on disk, where it belongs there. */
  written?(): Promise<void>;
}

/** What the gateway gives to a protocol. */
export interface ProtocolHost<Values = unknown> extends SessionContext {
  /** What the configuration says in the protocol's section. */
  readonly values: Values;
  readonly limits: BaseConfig['limits'];
  /** What gathers the writes of one turn, and bounds the send queues: of all connections, and of each. */
  readonly turn: WriteTurn;
  readonly budget: QueueBudget;
  readonly outboxLimits: OutboxLimits;
  /** The gateway's database, with everybody's keys in it: those of a new protocol begin with its name and a colon. */
  readonly database: Database;
  /** Files and images; to be used from `listen` on, and by connections. */
  readonly objects: ProtocolObjects;
  /** Devices that speak frames, whatever carries these; to be used from `listen` on, and by connections. */
  readonly frames: Pick<FrameDevices, 'connect'>;
  /** Who gets the connections of the WebSocket server; add routes in `start`. */
  readonly webSocket: WebSocketRoutes;
  /** What the table at start and `/status` say of listeners. Those that `listen...` opens are added by that. */
  readonly listeners: ListenerRegistry;
  /** Opens a TCP port for lines of text; it is closed, after what is queued, with the gateway. */
  listenLines(options: ListenLinesOptions): Promise<Address>;
  /** Opens a TCP port for a protocol that reads its own bytes; it is closed with the gateway. */
  listenTcp(options: ListenTcpOptions): Promise<Address>;
  /** Opens a UDP port; it is closed with the gateway. */
  listenUdp(options: ListenUdpOptions): Promise<UdpListener>;
  /** Has something undone when the gateway stops or its start fails: the last first, each waited for. */
  onClose(undo: () => void | Promise<void>): void;
}

/** Where to listen, for all kinds of listeners. Each throws GatewayError DOOR_PORT_IN_USE or DOOR_ADDRESS where it cannot. */
export interface ListenOptions {
  host: string;
  /** 0 asks for a free one. */
  port: number;
  /** Its configuration key, which reports name; by default that of the protocol's section. */
  listener?: string;
}

export interface ListenLinesOptions extends ListenOptions {
  /** The longest line, in bytes. */
  maxLineBytes: number;
  /** What a connection is told that is one too many, line break included; by default nothing. */
  tooManyLine?: string;
  createSession(wire: Wire): TextSession;
}

export interface ListenTcpOptions extends ListenOptions {
  /** Takes over a connection. It need not handle errors of the socket, nor close it when its peer does. */
  accept(socket: ByteStream, peer: string): void;
}

export interface ListenUdpOptions extends ListenOptions, Pick<UdpOptions, 'receive'> {}

/** What protocols do with files and images. */
export interface ProtocolObjects {
  /** A message tells of an object that its sender has stored. */
  note(message: Message): Promise<void>;
  /** Takes in a whole file: it is on disk when this resolves. Rejects with a GatewayError that says why. */
  take(file: TakenFile, content: Uint8Array): Promise<unknown>;
}

export interface TakenFile {
  /** The client that sends it, and the client or channel that is told of it. */
  from: string;
  to: string;
  kind: ObjectKind;
  /** What its sender calls it. */
  name: string;
}

/** How people come in by a protocol: rows of the table that `crosscomm start` prints, and an entry of the page at `/`. */
export interface Guide<Values = unknown> {
  /** The protocol's name for people: `OOCSI`. */
  readonly label: string;
  /** By which addresses; those that are closed are left out. */
  readonly ways: readonly Way[];
  /** Rows of the table for a listener that has no single address; they come after all others. */
  rows?(ports: readonly object[], values: Values): GuideRow[];
  /** The entry of the page: its title, by default the label and who comes by the first way; a text in place of addresses. */
  readonly page?: { readonly title?: string; readonly text?: string };
}

/** By a listener's own port, or by a path of the HTTP port's WebSockets. */
export type Way = ({ readonly listener: string; readonly standardPort: number } | { readonly webSocket: string }) & {
  /** Who comes this way. */ readonly who: string;
};

/** A label, or nothing under the same as above; where to go; and who comes there, or how it stands. */
export type GuideRow = [label: string, value: string, note: string];
