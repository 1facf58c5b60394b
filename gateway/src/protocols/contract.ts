import type { z } from 'zod';
import type { GroupCommit } from '../common/group-commit.ts';
import type { Database } from '../common/level.ts';
import type { BaseConfig } from '../config/schema.ts';
import type { ConfigSection } from '../config/section.ts';
import type { Message, ObjectKind } from '../hub/message.ts';
import type { ProtocolTraits } from '../hub/protocol-traits.ts';
import type { Address } from '../transports/listen.ts';
import type { ListenerRegistry } from '../transports/listeners.ts';
import type { OutboxLimits, QueueBudget, WriteTurn } from '../transports/outbox.ts';
import type { RecordedProtocol } from '../transports/recording/recorded-protocol.ts';
import type { Taps } from '../transports/taps.ts';
import type { UdpListener, UdpOptions } from '../transports/udp.ts';
import type { WebSocketRoutes } from '../transports/websocket-routes.ts';
import type { ByteStream, TextSession, Wire } from '../transports/wire.ts';
import type { AnnouncedDevices } from './announced-devices.ts';
import type { BridgePort } from './bridge-port.ts';
import type { SessionContext } from './context.ts';
import type { FrameDevices } from './frames/devices.ts';

/** A protocol that the gateway speaks: a folder beside this file exports one, and app/protocols.ts lists it. */
export interface ProtocolDefinition<Section extends ConfigSection = ConfigSection> {
  /** Its name in sessions, logs, `/status` and the file of clients. It is stored on disk, so it must not change. */
  readonly name: string;
  /** What the rest of the gateway must know of its clients. */
  readonly traits: ProtocolTraits;
  /** Its section of the configuration, if it has settings. */
  readonly section?: Section;
  /** How people connect with it, for the table at start and the dashboard. */
  readonly guide?: Guide<ValuesOf<Section>>;
  /** How its connections are recorded and replayed (docs/record.md); loaded when first needed. Without it, they are not. */
  readonly recording?: Recordable;
  /**
   * Sets it up for one gateway: adds its WebSocket routes, and attaches to the hub whatever must be there before the hub restores its
   * state. Heavy modules are imported in here. If it throws, the gateway does not start, and the functions given to `host.onClose` are called.
   */
  start(host: ProtocolHost<ValuesOf<Section>>): StartedProtocol | Promise<StartedProtocol>;
}

export interface Recordable {
  load(): Promise<RecordedProtocol>;
  /** It takes WebSockets of other protocols whose first message is binary. */
  readonly takesBinary?: true;
}

/** The values of a section: types and defaults are the schema's. */
export type ValuesOf<Section extends ConfigSection> = z.infer<Section['schema']>;

/** A protocol with the exact types of its section. */
export function defineProtocol<Section extends ConfigSection>(
  protocol: ProtocolDefinition<Section>,
): ProtocolDefinition<Section> {
  return protocol;
}

/** The steps of a protocol at the gateway's start, in this order; each is optional, and called once. */
export interface StartedProtocol {
  /** Restores what it stores on disk itself. The hub has restored its own state, and no client is online. */
  restore?(): void | Promise<void>;
  /** All state is restored: the gateway's own clients may join. */
  restored?(): void | Promise<void>;
  /** Opens its listeners, except for what cannot be undone. Throws a GatewayError if it cannot; then the gateway does not start. */
  listen?(): void | Promise<void>;
  /** All listeners are open. What cannot be undone may begin, such as opening serial ports, which resets boards. */
  opened?(): void | Promise<void>;
  /** Resolves when everything that it has accepted so far, and must store, is on disk. */
  written?(): Promise<void>;
  /** What bridges to other brokers need, of the protocol that brokers speak. */
  readonly bridges?: BridgePort;
}

/** What the gateway gives to a protocol. */
export interface ProtocolHost<Values = unknown> extends SessionContext {
  /** The values of the protocol's section of the configuration. */
  readonly values: Values;
  readonly limits: BaseConfig['limits'];
  /** Gathers the writes of one turn of the event loop; the limits of the send queues, of all connections and of each. */
  readonly turn: WriteTurn;
  readonly budget: QueueBudget;
  readonly outboxLimits: OutboxLimits;
  /** The gateway's database, with everybody's keys in it: those of a new protocol begin with its name and a colon. */
  readonly database: Database;
  /** Writes to it what has to be on disk together with what others write. */
  readonly writes: GroupCommit;
  /** Files and images; available from `listen` on, and for connections. */
  readonly objects: ProtocolObjects;
  /** Devices that use frames, over any connection; available from `listen` on, and for connections. */
  readonly frames: Pick<FrameDevices, 'connect'>;
  /** The routes of the WebSocket server; add routes in `start`. */
  readonly webSocket: WebSocketRoutes;
  /** Where whoever watches connections finds them. What `listenLines`, `listenTcp` and `listenUdp` open, and WebSockets, are there. */
  readonly taps: Taps;
  /** The listeners that the table at start and `/status` show. `listenLines`, `listenTcp` and `listenUdp` add theirs. */
  readonly listeners: ListenerRegistry;
  /** Devices that have told what they are; add those that the protocol knows. */
  readonly devices: AnnouncedDevices;
  /** Opens a TCP port for lines of text; it is closed, after what is queued, with the gateway. */
  listenLines(options: ListenLinesOptions): Promise<Address>;
  /** Opens a TCP port for a protocol that reads its own bytes; it is closed with the gateway. */
  listenTcp(options: ListenTcpOptions): Promise<Address>;
  /** Opens a UDP port; it is closed with the gateway. */
  listenUdp(options: ListenUdpOptions): Promise<UdpListener>;
  /** Registers a function to call when the gateway stops or its start fails: in reverse order, one after the other. */
  onClose(undo: () => void | Promise<void>): void;
}

/** Where to listen, for all kinds of listeners. Opening one throws GatewayError DOOR_PORT_IN_USE or DOOR_ADDRESS if it cannot. */
export interface ListenOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Its configuration key, for logs and reports; by default that of the protocol's section. */
  listener?: string;
}

/** Of ports that may be encrypted. */
export interface TlsOptions {
  /** The port for TLS, which is opened where there is a certificate; none without it. */
  tlsPort?: number | undefined;
  /** What a client without TLS is answered in the protocol where only TLS is taken; by default nothing. */
  plainAnswer?: string | Uint8Array;
}

export interface ListenLinesOptions extends ListenOptions, TlsOptions {
  /** The longest line, in bytes. */
  maxLineBytes: number;
  /** The line sent to a connection beyond the limit, including the line break; by default none. */
  tooManyLine?: string;
  createSession(wire: Wire): TextSession;
}

export interface ListenTcpOptions extends ListenOptions, TlsOptions {
  /**
   * Takes over a connection. It need not handle errors of the socket, nor close it when the other end does.
   *
   * @param certificate SHA-256 of the client certificate by which the other end has proved itself, hexadecimal, lower case
   */
  accept(socket: ByteStream, peer: string, certificate?: string): void;
}

export interface ListenUdpOptions extends ListenOptions, Pick<UdpOptions, 'receive'> {}

/** What protocols do with files and images. */
export interface ProtocolObjects {
  /** Records what a message says about an object that its sender has stored. */
  note(message: Message): Promise<void>;
  /** Stores a whole file: it is on disk when this resolves. Rejects with a GatewayError that says why. */
  take(file: TakenFile, content: Uint8Array): Promise<unknown>;
  /** What the keys of all files that a client sends begin with. */
  keysOf(client: string): string;
}

export interface TakenFile {
  /** The client that sends it; and in `to`, the client or channel that gets a message about it. */
  from: string;
  to: string;
  kind: ObjectKind;
  /** The sender's name for it. */
  name: string;
}

/** How people connect with a protocol: rows of the table that `crosscomm start` prints, and an entry of the dashboard. */
export interface Guide<Values = unknown> {
  /** The protocol's name for people: `OOCSI`. */
  readonly label: string;
  /** The addresses to connect to; those whose listener is closed are left out. */
  readonly ways: readonly Way[];
  /** Rows of the table for a listener without a single address; they come after all others. */
  rows?(ports: readonly object[], values: Values): GuideRow[];
  /** The entry of the dashboard: its title, by default the label and the first way's `who`; a text instead of addresses. */
  readonly page?: { readonly title?: string; readonly text?: string };
}

/** The port of a listener, or a path of WebSockets on the HTTP port. */
export type Way = (
  | {
      readonly listener: string;
      readonly standardPort: number;
      /** It is open only where something else is configured: nobody is told of it otherwise. */ readonly isOptional?: boolean;
    }
  | { readonly webSocket: string }
) & {
  /** Who connects in this way. */ readonly who: string;
};

/** A label, empty if it is the same as in the row above; the address; and who connects there, or its state. */
export type GuideRow = [label: string, value: string, note: string];
