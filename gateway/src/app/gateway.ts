import { hostname } from 'node:os';
import { join } from 'node:path';
import { Admission } from '../access/admission.ts';
import { privateHandles } from '../access/private-handles.ts';
import { ClockTrust } from '../common/clock-trust.ts';
import { GatewayError } from '../common/errors.ts';
import { GatewayClock } from '../common/gateway-clock.ts';
import { isLeftOver } from '../common/made-up-ids.ts';
import { ownAddresses } from '../common/own-addresses.ts';
import { askTimedatectl } from '../common/timedatectl.ts';
import { pagesAddress } from '../config/rules.ts';
import { type Config, OSS_PORT } from '../config/schema.ts';
import type { OssVariables } from '../config/secrets.ts';
import { withoutPassword } from '../hub/address.ts';
import type { ClientInfo } from '../hub/client.ts';
import { type Clock, systemClock } from '../hub/clock.ts';
import { compileFunctions } from '../hub/functional/compile.ts';
import { Hub } from '../hub/hub.ts';
import type { Message } from '../hub/message.ts';
import { traitsOf } from '../hub/protocol-traits.ts';
import type { Protocol } from '../hub/session.ts';
import { FrameFiles } from '../objects/frame-files.ts';
import { type Objects, type ObjectsOptions, openObjects } from '../objects/objects.ts';
import { publicAddress } from '../objects/public-address.ts';
import { Incidents } from '../observability/incidents.ts';
import { LineBudget } from '../observability/line-budget.ts';
import type { Log } from '../observability/log.ts';
import { createOssEndpoint } from '../oss/endpoint.ts';
import type { SessionContext } from '../protocols/context.ts';
import { CrossCommSession } from '../protocols/crosscomm/session.ts';
import { FrameDevices } from '../protocols/frames/devices.ts';
import { DEFAULT_FRAME_OPTIONS, type FrameOptions } from '../protocols/frames/options.ts';
import { createMqttBroker, type MqttBroker } from '../protocols/mqtt/broker.ts';
import { OocsiLineSession } from '../protocols/oocsi/line-session.ts';
import { startOocsiServices } from '../protocols/oocsi/services/index.ts';
import { OocsiWebSession } from '../protocols/oocsi/web-session.ts';
import { PROTOCOL_TRAITS } from '../protocols/traits.ts';
import { allOffline } from '../storage/all-offline.ts';
import { ClientsFile } from '../storage/clients-file.ts';
import { openDatabase } from '../storage/database.ts';
import { LevelHubStore } from '../storage/hub-store.ts';
import { KnownClients } from '../storage/known-clients.ts';
import { LevelNumberingStore } from '../storage/numbering-store.ts';
import { RunningTime } from '../storage/running-time.ts';
import { Descriptors, guardHttp } from '../transports/descriptors.ts';
import { listen } from '../transports/listen.ts';
import { type OutboxLimits, QueueBudget, WriteTurn } from '../transports/outbox.ts';
import { openSerialDoor, type SerialPortState } from '../transports/serial/door.ts';
import { openLineDoor, openStreamDoor } from '../transports/tcp.ts';
import { createWebSocketDoor } from '../transports/websocket.ts';
import { OriginRules } from '../web/origin-rules.ts';
import { createPagesServer } from '../web/pages-server.ts';
import { createWebServer } from '../web/server.ts';

/** Where a door really listens. */
export interface DoorAddress {
  host: string;
  port: number;
}

/** Every open door; the serial ports as they are when they are looked at. */
export interface Doors {
  http: DoorAddress;
  oocsi: DoorAddress;
  mqtt: DoorAddress;
  /** The operator's own web pages; closed where the configuration names no folder. */
  pages?: DoorAddress | undefined;
  /** Closed where the configuration names no port and the usual one is not free. */
  oss?: DoorAddress | undefined;
  serial: SerialPortState[];
}

/** What a gateway is handed from outside; only `log` has no default. */
export interface GatewayOptions {
  log: Log;
  /** OOCSI's private handles and their passwords. */
  users?: ReadonlyMap<string, string>;
  /** The OSS that objects are kept in, where the configuration says so and leaves this out. */
  ossVariables?: OssVariables;
  clock?: Clock;
  /** A number from 0 up to but not including 1. */
  random?: () => number;
}

/** A gateway that was built: it runs from `start` to `stop`, once. */
export interface Gateway {
  /** Opens every door, or none: throws a GatewayError and leaves nothing open. */
  start(): Promise<Doors>;
  /** Says goodbye on every wire, saves, and closes everything. */
  stop(): Promise<void>;
}

/** How long a connection may take to read its goodbye. */
const GOODBYE_MS = 500;
/** How long an OSS connection may be silent in the middle of a request, or before the next. */
const OSS_IDLE_MS = 60_000;
/** How long the start waits to hear whether the clock is right. */
const FIRST_ANSWER_MS = 300;
/** What each connection may still queue when all of them together are over the limit. */
const FAIR_SHARE_BYTES = 64 * 1024;

/** Builds a gateway from its configuration; nothing is opened before `start`. */
export function createGateway(config: Config, options: GatewayOptions): Gateway {
  /** What to undo, the last first. */
  const closers: (() => void | Promise<void>)[] = [];

  async function stop(): Promise<void> {
    for (const close of closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        options.log.error({ code: 'INTERNAL', error }, 'something did not close cleanly');
      }
    }
  }

  return {
    async start() {
      try {
        return await open(config, options, (close) => closers.push(close));
      } catch (error) {
        await stop();
        throw error;
      }
    },
    stop,
  };
}

/** How to open a store that is not on this machine; ali-oss is loaded only for it. */
function remoteStore({ objects }: Config, { ossVariables = {} }: GatewayOptions): ObjectsOptions['openStore'] {
  if (objects.store === 'local') return undefined;
  return async (parts) => {
    const { openOssStore } = await import('../objects/remote/open-oss-store.ts');
    return openOssStore(parts, ossVariables);
  };
}

type OnClose = (close: () => void | Promise<void>) => void;

/** What asks the system whether its clock is right, once it has had the time for a first answer. */
async function trustInClock(log: Log, onClose: OnClose): Promise<ClockTrust> {
  const trust = new ClockTrust({ clock: systemClock, log, ask: () => askTimedatectl() });
  onClose(() => trust.stop());
  const asked = trust.start();
  await Promise.race([asked, new Promise<void>((resolve) => systemClock.after(FIRST_ANSWER_MS, resolve))]);
  return trust;
}

async function open(config: Config, options: GatewayOptions, onClose: OnClose): Promise<Doors> {
  const { log } = options;
  const { limits } = config;
  const trust = options.clock ? undefined : await trustInClock(log, onClose);

  const damage: string[] = [];
  const db = await openDatabase(config.dataDir, log, (sentence) => damage.push(sentence));
  onClose(() => db.close());
  const runningTime = new RunningTime(db, log);
  const machine = options.clock ?? systemClock;
  const clock = new GatewayClock(machine, trust ?? machine, await runningTime.load());
  runningTime.keep(clock);
  onClose(() => runningTime.close());
  const incidents = new Incidents(clock, log);
  // In one report, as the log would be spared a second one so soon.
  if (damage.length > 0) {
    incidents.report({ door: 'store', who: 'the database', code: 'DATA_DAMAGED', message: damage.join(' ') });
  }
  const store = new LevelHubStore(db, { log, clock });
  onClose(() => store.close());

  const hub = new Hub({
    clock,
    store,
    protocols: PROTOCOL_TRAITS,
    compile: compileFunctions,
    stickyMs: config.clients.stickyMs,
    maxKnownClients: config.clients.maxKnown,
    maxRetained: limits.maxRetained,
    maxRetainedBytes: limits.maxRetainedBytes,
    maxKeptLength: limits.maxKeptLength,
    maxScheduled: limits.maxScheduled,
    maxScheduledBytes: limits.maxScheduledBytes,
    maxSubscriptions: config.clients.maxSubscriptions,
  });
  const lastingClients = () => hub.clients().filter(({ transient }) => !transient);
  const clientsFile = new ClientsFile(join(config.dataDir, 'cross_comm_clients.yaml'), { clock, log }, () =>
    lastingClients(),
  );
  const clients = new KnownClients(db, {
    clock,
    log,
    find: (id) => {
      const client = hub.client(id);
      return client?.transient ? undefined : client;
    },
    all: lastingClients,
  });
  const inDatabase = await clients.load();
  const loaded = allOffline(inDatabase ?? (await clientsFile.load()), clock.now());
  const isOver = ({ id, protocol }: ClientInfo): boolean => isLeftOver(id, traitsOf(PROTOCOL_TRAITS, protocol));
  const knownClients = loaded.filter((client) => !isOver(client));
  onClose(() => clientsFile.close());
  onClose(() => clients.close());
  hub.events.on('known', (id) => {
    clients.changed(id);
    clientsFile.changed();
  });
  const comings = new LineBudget(clock, log, 'lines about clients that come and go');
  const logsOf = (protocol: Protocol): boolean => {
    const { isOfGateway, isBrief } = traitsOf(PROTOCOL_TRAITS, protocol);
    return !isOfGateway && !isBrief && comings.take();
  };
  hub.events.on('join', (client, protocol) => logsOf(protocol) && log.info({ client, protocol }, 'joined'));
  hub.events.on(
    'leave',
    (client, protocol, reason) => logsOf(protocol) && log.info({ client, protocol, reason }, 'left'),
  );

  hub.events.on('overlap', (client, protocol, subscribers) => {
    const others =
      subscribers.length > 2 ? `${subscribers.slice(0, 2).join(', ')} and others` : subscribers.join(' and ');
    const message =
      `Client ${client} came under the name of channel ${client}, to which ${others} subscribe. They hear what it says ` +
      'there; what others send there now goes to the client alone. If that is not meant, rename one of the two.';
    incidents.report({ door: protocol, who: client, code: 'PEER_NAME_TAKEN', message });
  });
  hub.events.on('contest', (contest) => incidents.contested(contest));
  hub.events.on('fault', (error) => {
    const message = `Something that looks at every message failed at one: ${error instanceof Error ? error.stack : String(error)}`;
    incidents.report({ door: 'hub', who: 'an observer', code: 'INTERNAL', message });
  });
  hub.events.on('unkept', (channel, client) => {
    const message = `A message of ${client} was sent to ${withoutPassword(channel)} but what it says is not kept: there is no room for it.`;
    incidents.report({ door: 'hub', who: client, code: 'MESSAGES_FULL', message });
  });

  const access = new Admission({
    hub,
    clock,
    prove: privateHandles(options.users),
    failed: (error, { protocol, id, peer }) => {
      const fault = { code: 'INTERNAL' as const, door: protocol, who: id ?? peer, err: error };
      log.error(fault, 'A client was not let in because of a fault in the gateway.');
    },
  });
  const budget = new QueueBudget(limits.maxTotalQueueBytes);
  const broker = await createMqttBroker({
    hub,
    access,
    clock,
    incidents,
    log: log.child({ door: 'mqtt' }),
    db,
    maxPacketBytes: config.mqtt.maxPacketBytes,
    drainTimeoutMs: config.mqtt.drainTimeoutMs,
    maxQueuedMessages: config.mqtt.maxQueuedMessages,
    maxQueuedBytes: config.mqtt.maxQueuedBytes,
    maxSessions: config.mqtt.maxSessions,
    sessionExpiryMs: config.mqtt.sessionExpiryMs,
    maxQueueBytes: limits.maxQueueBytes,
    budget,
    handshakeTimeoutMs: limits.handshakeTimeoutMs,
  });
  onClose(() => broker.close());
  hub.attach(broker.egress);
  hub.restore({ clients: knownClients, ...(await store.load()) });
  // They came from the file of an earlier version.
  if (inDatabase === undefined) clients.changed();
  for (const { id } of loaded.filter(isOver)) hub.events.emit('known', id);
  await broker.start();
  onClose(() => hub.stop());

  const context: SessionContext = { hub, access, clock, incidents, log, random: options.random ?? Math.random };
  const services = startOocsiServices(context);
  onClose(() => services.stop());

  const written = () => Promise.allSettled([store.flush(), broker.written()]);
  const objects = await openObjects({ ...context, config, db, written, openStore: remoteStore(config, options) });
  onClose(() => objects.close());

  const numberings = new LevelNumberingStore(db, {
    clock,
    log,
    written,
  });
  onClose(() => numberings.close());

  const doors = await openDoors(config, context, broker, budget, numberings, objects, onClose);
  objects.start(publicAddress(config.objects.publicUrl, doors.http));
  // The first to be undone: sessions say goodbye while their doors are still open.
  onClose(() => hub.stop());
  return doors;
}

async function openDoors(
  config: Config,
  context: SessionContext,
  broker: MqttBroker,
  budget: QueueBudget,
  numberings: LevelNumberingStore,
  objects: Objects,
  onClose: OnClose,
): Promise<Doors> {
  const { clock, incidents, log } = context;
  const { limits } = config;
  const turn = new WriteTurn();
  const outboxLimits: OutboxLimits = { maxQueueBytes: limits.maxQueueBytes, fairShareBytes: FAIR_SHARE_BYTES };
  const { handshakeTimeoutMs } = limits;
  const oocsiOptions = { ...config.oocsi, handshakeTimeoutMs };
  const crosscommOptions = {
    ...config.crosscomm,
    handshakeTimeoutMs,
    objectSent: (message: Message) => void objects.note(message),
  };
  const descriptors = Descriptors.ofProcess();
  const { maxConnections } = limits;
  const shared = { maxConnections, descriptors, turn, budget, outboxLimits, clock, incidents, log };

  const frameOptions: FrameOptions = {
    ...DEFAULT_FRAME_OPTIONS,
    maxQueueBytes: Math.min(limits.maxQueueBytes, DEFAULT_FRAME_OPTIONS.maxQueueBytes),
    budget,
    handshakeTimeoutMs,
    files: new FrameFiles(objects),
  };
  const frames = new FrameDevices(context, frameOptions, numberings);
  frames.restore(await numberings.load());
  onClose(() => frames.stop());
  broker.serveFrames((wire) => frames.connect(wire));
  broker.serveFiles(({ content, ...file }) => objects.take(file, content));

  let doors: Doors | undefined;
  const originRules = new OriginRules({
    ...config.http,
    publicUrl: config.objects.publicUrl,
    listensOn: config.http.host,
    machineName: hostname,
    addresses: ownAddresses,
  });
  const web = await createWebServer({
    context,
    ...config.http,
    originRules,
    turn,
    budget,
    outboxLimits,
    doors: () => doors,
    operator: () => ({ dataDir: config.dataDir, oss: doors?.oss ?? null, bucket: config.oss.bucket }),
    objects: { objects, stallMs: config.uploads.stallMs },
  });
  onClose(() => web.close());
  const webSockets = createWebSocketDoor({
    ...shared,
    server: web.server,
    pingIntervalMs: config.crosscomm.pingIntervalMs,
    maxMessageBytes: config.crosscomm.maxMessageBytes,
    maxOocsiBytes: config.oocsi.maxLineBytes,
    // One WebSocket message may carry a whole packet and the beginning of the next.
    maxMqttBytes: 2 * config.mqtt.maxPacketBytes,
    refusal: ({ headers: { host, origin } }) => originRules.refusal({ host, origin }, 'connect'),
    createOocsi: (wire) => new OocsiWebSession(wire, context, oocsiOptions),
    createCrossComm: (wire, credentials) => new CrossCommSession(wire, context, { ...crosscommOptions, credentials }),
    createFrames: (wire) => frames.connect(wire),
    acceptMqtt: (stream, peer) => broker.accept(stream, peer),
  });
  onClose(() => webSockets.close(GOODBYE_MS));

  guardHttp(web.server, { descriptors, door: 'http', incidents });
  const http = await listen(web.server, { ...config.http, door: 'http' });
  const pages = await openPages(config, context, originRules, descriptors, onClose);
  const oocsi = await openLineDoor({
    ...shared,
    ...config.oocsi,
    door: 'oocsi',
    tooManyLine: 'error (the server has as many clients as it may have)\n',
    createSession: (wire) => new OocsiLineSession(wire, context, oocsiOptions),
  });
  onClose(() => oocsi.close(GOODBYE_MS));
  const mqtt = await openStreamDoor({
    ...shared,
    ...config.mqtt,
    door: 'mqtt',
    accept: (socket, peer) => broker.accept(socket, peer),
  });
  onClose(() => mqtt.close(GOODBYE_MS));
  const oss = await openOssDoor(config, context, objects, descriptors, onClose);
  const serial = await openSerialDoor({
    config: config.serial,
    context,
    turn,
    budget,
    frames: {
      maxFrameBytes: DEFAULT_FRAME_OPTIONS.limits.maxFrame,
      connect: (wire) => frames.connect(wire),
    },
  });
  onClose(() => serial.close());

  doors = {
    http,
    oocsi: oocsi.address,
    mqtt: mqtt.address,
    pages,
    oss,
    get serial() {
      return serial.ports();
    },
  };
  return doors;
}

async function openPages(
  config: Config,
  context: SessionContext,
  originRules: OriginRules,
  descriptors: Descriptors,
  onClose: OnClose,
): Promise<DoorAddress | undefined> {
  const { folder } = config.pages;
  const at = pagesAddress(config);
  if (folder === undefined || at === undefined) return undefined;
  const { maxConnections } = config.limits;
  const app = await createPagesServer({ context, folder, originRules, maxConnections });
  onClose(() => app.close());
  guardHttp(app.server, { descriptors, door: 'pages', incidents: context.incidents });
  const address = await listen(app.server, { ...at, door: 'pages' });
  originRules.pagesPort = address.port;
  return address;
}

async function openOssDoor(
  { oss, dataDir, limits }: Config,
  { clock, incidents, log }: SessionContext,
  { store }: Objects,
  descriptors: Descriptors,
  onClose: OnClose,
): Promise<DoorAddress | undefined> {
  const ossLog = log.child({ door: 'oss' });
  const endpoint = await createOssEndpoint({
    ...oss,
    store,
    clock,
    incidents,
    log: ossLog,
    dataDir,
    maxConnections: limits.maxConnections,
    handshakeTimeoutMs: limits.handshakeTimeoutMs,
    idleTimeoutMs: OSS_IDLE_MS,
  });
  onClose(() => endpoint.close());
  guardHttp(endpoint.server, { descriptors, door: 'oss', incidents });
  try {
    return await listen(endpoint.server, { host: oss.host, port: oss.port ?? OSS_PORT, door: 'oss' });
  } catch (error) {
    // Whoever does not know of this door should not have to move it to start a second gateway.
    if (oss.port !== undefined || !(error instanceof GatewayError) || error.code !== 'DOOR_PORT_IN_USE') throw error;
    ossLog.warn({}, `${error.message} Until then it stays closed.`);
    return undefined;
  }
}
