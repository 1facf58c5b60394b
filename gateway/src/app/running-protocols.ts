import { GatewayError } from '../common/errors.ts';
import type { GroupCommit } from '../common/group-commit.ts';
import type { Database } from '../common/level.ts';
import type { BaseConfig } from '../config/schema.ts';
import { sectionValues } from '../config/section.ts';
import { codeOfFault } from '../objects/error-codes.ts';
import { clientPrefix } from '../objects/uploads/object-key.ts';
import { AnnouncedDevices, configuredDevice } from '../protocols/announced-devices.ts';
import type { BridgePort } from '../protocols/bridge-port.ts';
import type { SessionContext } from '../protocols/context.ts';
import type {
  ListenTcpOptions,
  ProtocolDefinition,
  ProtocolHost,
  ProtocolObjects,
  StartedProtocol,
} from '../protocols/contract.ts';
import type { Descriptors } from '../transports/descriptors.ts';
import type { Listener } from '../transports/listener.ts';
import { ListenerRegistry } from '../transports/listeners.ts';
import type { OutboxLimits, QueueBudget, WriteTurn } from '../transports/outbox.ts';
import { Taps } from '../transports/taps.ts';
import { openLineListener, openStreamListener, type TcpListenerOptions } from '../transports/tcp.ts';
import { openUdpListener } from '../transports/udp.ts';
import { WebSocketRoutes } from '../transports/websocket-routes.ts';
import type { OnClose } from './closers.ts';
import type { RunningTls } from './tls.ts';

/** How long a connection may take to read its goodbye. */
export const GOODBYE_MS = 500;

/** What sends: what gathers the writes of one turn, and bounds the queues of all connections and of each. */
export interface Sending {
  turn: WriteTurn;
  budget: QueueBudget;
  outboxLimits: OutboxLimits;
}

export interface RunningProtocolsOptions {
  definitions: readonly ProtocolDefinition[];
  config: BaseConfig;
  context: SessionContext;
  sending: Sending;
  database: Database;
  writes: GroupCommit;
  onClose: OnClose;
}

/** What is made after the protocols have started. */
export interface LateParts {
  objects: Omit<ProtocolObjects, 'keysOf'>;
  frames: ProtocolHost['frames'];
  descriptors: Descriptors;
  tls: RunningTls | undefined;
}

/** The protocols of one gateway. Each method is called once, in the order in which they stand here. */
export class RunningProtocols {
  readonly webSocket = new WebSocketRoutes();
  readonly listeners = new ListenerRegistry();
  readonly devices = new AnnouncedDevices();
  readonly taps = new Taps();
  readonly #options: RunningProtocolsOptions;
  #late: LateParts | undefined;
  #started: StartedProtocol[] = [];

  constructor(options: RunningProtocolsOptions) {
    this.#options = options;
    const configured = options.config.devices.map(configuredDevice);
    this.devices.add(() => configured);
  }

  /** Sets each up, one after the other. */
  async start(): Promise<void> {
    for (const definition of this.#options.definitions) {
      this.#started.push(await definition.start(this.#hostOf(definition)));
    }
  }

  /** Has those put back what they keep themselves. */
  async restore(): Promise<void> {
    for (const protocol of this.#started) await protocol.restore?.();
  }

  async restored(): Promise<void> {
    for (const protocol of this.#started) await protocol.restored?.();
  }

  /** Gives what was not there when they started; nobody has connected before. */
  serve(late: LateParts): void {
    this.#late = late;
  }

  async listen(): Promise<void> {
    for (const protocol of this.#started) await protocol.listen?.();
  }

  async opened(): Promise<void> {
    for (const protocol of this.#started) await protocol.opened?.();
  }

  /** Resolves when what they have taken so far is on disk; rejects where it cannot be written. */
  async written(): Promise<void> {
    await Promise.all(this.#started.map((protocol) => protocol.written?.()));
  }

  /** What bridges to other brokers need; undefined where no protocol has it. */
  get bridges(): BridgePort | undefined {
    return this.#started.find(({ bridges }) => bridges !== undefined)?.bridges;
  }

  get #lateParts(): LateParts {
    if (!this.#late) throw new Error('A protocol asked for files, devices or a listener before the gateway has them.');
    return this.#late;
  }

  #hostOf({ name, section }: ProtocolDefinition): ProtocolHost {
    const { context, config, sending, database, writes, onClose } = this.#options;
    const { clock, incidents, metrics, log } = context;
    const { limits } = config;
    const { taps } = this;
    const late = () => this.#lateParts;
    const shared = () => {
      const { descriptors } = late();
      return { maxConnections: limits.maxConnections, descriptors, clock, incidents, metrics, log, taps };
    };
    const keyOf = (listener: string | undefined): string => listener ?? section?.key ?? name;
    const opened = (key: string, listener: Listener, isTlsOnly = false): Listener['address'] => {
      onClose(() => listener.close(GOODBYE_MS));
      const address: Listener['address'] = isTlsOnly ? { ...listener.address, tls: 'required' } : listener.address;
      this.listeners.add(key, address);
      return address;
    };
    /** Opens the port of a protocol, and the one for TLS where there is a certificate. */
    const openBoth = async (
      { tlsPort, plainAnswer = '', ...options }: TcpOptions,
      open: (options: PortOptions) => Promise<Listener>,
    ): Promise<Listener['address']> => {
      const listener = keyOf(options.listener);
      const { tls } = late();
      const { required, clientCertificates } = config.tls;
      const encrypted = tls && {
        contexts: tls.contexts,
        asksCertificate: isAmong(clientCertificates, listener),
        handshakeTimeoutMs: limits.handshakeTimeoutMs,
        plainAnswer,
      };
      const isTlsOnly = isAmong(required, listener);
      const port = { ...shared(), ...options, listener };
      const main = await open({ ...port, tls: isTlsOnly ? encrypted : undefined });
      const address = opened(listener, main, isTlsOnly);
      if (encrypted && tlsPort !== undefined) {
        const keys = { host: `${listener}.host`, port: `${listener}.tlsPort` };
        const own = { ...port, port: tlsPort, listener: `${listener}Tls`, keys, tls: encrypted };
        opened(own.listener, await open(own));
      }
      return address;
    };
    return {
      ...context,
      ...sending,
      values: section && sectionValues(config, section.key),
      limits,
      database,
      writes,
      webSocket: this.webSocket,
      listeners: this.listeners,
      devices: this.devices,
      taps,
      onClose,
      objects: {
        note: (message) => late().objects.note(message),
        take: (file, content) => late().objects.take(file, content).catch(rethrow),
        keysOf: clientPrefix,
      },
      frames: { connect: (wire) => late().frames.connect(wire) },
      listenLines: (options) => openBoth(options, (port) => openLineListener({ ...sending, ...options, ...port })),
      listenTcp: (options) => openBoth(options, (port) => openStreamListener({ ...options, ...port })),
      listenUdp: async (options) => {
        const listener = keyOf(options.listener);
        const { maxQueueBytes } = limits;
        const { budget } = sending;
        const opened = await openUdpListener({ ...options, listener, maxQueueBytes, budget, log, taps });
        onClose(() => opened.close());
        this.listeners.add(listener, opened.address);
        return opened;
      },
    };
  }
}

/** What the ports of a protocol have in common. */
type TcpOptions = Pick<ListenTcpOptions, 'host' | 'port' | 'listener' | 'tlsPort' | 'plainAnswer'>;
type PortOptions = TcpListenerOptions;

function isAmong(list: readonly string[], listener: string): boolean {
  return list.includes(listener);
}

/** Gives a fault of the object store the code that the gateway has for it. */
function rethrow(error: unknown): never {
  const code = codeOfFault(error);
  throw code === undefined ? error : new GatewayError(code, (error as Error).message, { cause: error });
}
