import { Admission } from '../access/admission.ts';
import { watchExpiry } from '../access/expiry.ts';
import { Guard } from '../access/guard.ts';
import { proofOf } from '../access/proof.ts';
import { Quotas } from '../access/quotas.ts';
import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import { isLoopback } from '../common/loopback.ts';
import type { Origins } from '../config/origins.ts';
import { takesTls } from '../config/rules.ts';
import type { BaseConfig } from '../config/schema.ts';
import type { OssVariables, S3Variables } from '../config/secrets.ts';
import { keptBytesOf } from '../config/section.ts';
import type { FoundListeners } from '../discovery/services.ts';
import { Rollouts } from '../firmware/rollouts.ts';
import type { HomeAssistant } from '../integrations/home-assistant/home-assistant.ts';
import type { Bridges } from '../integrations/mqtt-bridge/bridges.ts';
import type { Cluster } from '../integrations/nats/cluster.ts';
import { type Objects, type ObjectsOptions, openObjects } from '../objects/objects.ts';
import { publicAddress } from '../objects/public-address.ts';
import type { Finding } from '../observability/finding.ts';
import type { MetricsRegistry } from '../observability/metrics.ts';
import { watchSightings } from '../observability/sightings.ts';
import type { SessionContext } from '../protocols/context.ts';
import type { ProtocolDefinition } from '../protocols/contract.ts';
import { accountsAreFree } from '../storage/accounts-lock.ts';
import { LevelNumberingStore } from '../storage/numbering-store.ts';
import { writeOperatorSecret } from '../storage/operator-secret.ts';
import { keepUsed, readUsed } from '../storage/quotas-file.ts';
import { writeRunningFile } from '../storage/running-file.ts';
import { joinLogs } from '../transports/board-log.ts';
import { Descriptors } from '../transports/descriptors.ts';
import { Flasher } from '../transports/flashing/flasher.ts';
import { FAIR_SHARE_BYTES, QueueBudget, WriteTurn } from '../transports/outbox.ts';
import type { TlsDesk } from '../web/api/tls.ts';
import { openAutomations } from './automations.ts';
import { openBackups } from './backups.ts';
import { openBehaviours } from './behaviours.ts';
import type { BridgeParts } from './bridges.ts';
import { certificateFindings } from './certificate-findings.ts';
import { Classroom } from './classroom.ts';
import { Closers, type OnClose } from './closers.ts';
import type { OpenClusterParts } from './cluster.ts';
import { openConversation } from './conversation.ts';
import type { Examination, ExamineParts } from './examine.ts';
import { forgetGone } from './forget-gone.ts';
import { openFrameDevices } from './frame-devices.ts';
import type { HomeParts } from './home-assistant.ts';
import { type Listeners, showListeners } from './listeners.ts';
import { openOss } from './oss.ts';
import { ossKeyDesk } from './oss-keys.ts';
import { openPairing } from './pairing.ts';
import { openPeople, tellOfUnknownRoles } from './people.ts';
import { protocols, traitsTable } from './protocols.ts';
import { GatewayReadiness } from './readiness.ts';
import { RunningProtocols, type Sending } from './running-protocols.ts';
import { settingsFor } from './settings.ts';
import { enforceShapes } from './shapes.ts';
import { openStorage, type Storage } from './storage.ts';
import type { RunningTls } from './tls.ts';
import type { TlsDeskParts } from './tls-desk.ts';
import { openWeb } from './web.ts';

/** What a gateway is handed from outside; only `log` has no default. */
export interface GatewayOptions {
  log: Log;
  /** Where the values of the configuration come from; by default all of them are taken for defaults. */
  origins?: Origins;
  /** OOCSI's private handles and their passwords. */
  users?: ReadonlyMap<string, string>;
  /** The OSS that objects are kept in, where the configuration says so and leaves this out. */
  ossVariables?: OssVariables;
  /** The same of an S3 store. */
  s3Variables?: S3Variables;
  /** The passwords of bridges, by name, that are in no file. */
  bridgePasswords?: ReadonlyMap<string, string>;
  clock?: Clock;
  /** Where all that it counts is to be found; by default a registry that only it knows. */
  metrics?: MetricsRegistry;
  /** A number from 0 up to but not including 1. */
  random?: () => number;
  /** What it speaks; by default every protocol there is. The configuration has a section for each that brings one. */
  protocols?: readonly ProtocolDefinition[];
}

/** A gateway that was built: it runs from `start` to `stop`, once. */
export interface Gateway {
  /** Opens every listener, or none: throws a GatewayError and leaves nothing open. */
  start(): Promise<Listeners>;
  /** Says goodbye on every wire, saves, and closes everything. */
  stop(): Promise<void>;
}

/** Builds a gateway from its configuration; nothing is opened before `start`. */
export function createGateway(config: BaseConfig, options: GatewayOptions): Gateway {
  const closers = new Closers(options.log);
  return {
    async start() {
      try {
        return await open(config, options, closers.add);
      } catch (error) {
        await closers.close();
        throw error;
      }
    },
    stop: () => closers.close(),
  };
}

async function open(config: BaseConfig, options: GatewayOptions, onClose: OnClose): Promise<Listeners> {
  const { log, protocols: definitions = protocols } = options;
  const { limits } = config;
  const storage = await openStorage(
    { dataDir: config.dataDir, log, clock: options.clock, metrics: options.metrics },
    onClose,
  );
  const { db, writes, store, clock, incidents, metrics } = storage;
  const conversation = await openConversation({ config, storage, traits: traitsTable(definitions), log }, onClose);
  const { hub, trace } = conversation;
  await enforceShapes(hub, config.shapes);
  await accountsAreFree(config.dataDir);
  const { accounts, roles, channels, desks } = await openPeople(config, { clock, users: options.users, live: hub });
  tellOfUnknownRoles({ accounts, roles }, config.auth, log);
  const operatorSecret = await writeOperatorSecret(config.dataDir, log);
  const pairing = openPairing({ accounts, roles, channels, clock, log });
  const used = await readUsed(config.dataDir, log);
  const quotas = new Quotas({ hub, clock, metrics, quotas: config.auth.quotas, used });
  for (const role of Object.keys(config.auth.quotas).filter((name) => roles.get(name) === undefined)) {
    log.warn({ role }, `auth.quotas is for a role ${role}, which does not exist.`);
  }
  onClose(keepUsed(quotas, config.dataDir, { clock, log }));
  const guard = new Guard({ clock, metrics, report: (wrong) => incidents.report(wrong) });
  const access = new Admission({
    hub,
    clock,
    accounts,
    roles,
    quotas,
    cableRoles: [config.auth.cableRole],
    prove: proofOf({
      accounts,
      clock,
      anonymous: config.auth.anonymous,
      operatorSecret,
      pairing,
      guard,
    }),
    failed: (error, { protocol, id, peer }) => {
      const fault = { code: 'INTERNAL' as const, door: protocol, who: id ?? peer, err: error };
      log.error(fault, 'A client was not let in because of a fault in the gateway.');
    },
  });
  onClose(watchExpiry(accounts, clock, () => access.review()));
  if (roles.get(config.auth.cableRole) === undefined) {
    const message = 'There is no role of the name auth.cableRole, so boards on serial ports may do nothing.';
    log.warn({ role: config.auth.cableRole }, message);
  }
  const context: SessionContext = {
    hub,
    access,
    clock,
    incidents,
    metrics,
    log,
    random: options.random ?? Math.random,
  };
  const sending: Sending = {
    turn: new WriteTurn(),
    budget: new QueueBudget(limits.maxTotalQueueBytes),
    outboxLimits: { maxQueueBytes: limits.maxQueueBytes, fairShareBytes: FAIR_SHARE_BYTES },
  };

  sending.budget.show(metrics);
  const cluster = await joinOthers(
    config,
    { context, storage, people: { accounts, roles, desk: desks.roles } },
    onClose,
  );
  onClose(watchSightings(hub, clock));
  const speaking = new RunningProtocols({ definitions, config, context, sending, database: db, writes, onClose });
  await speaking.start();
  await conversation.restore();
  forgetGone(conversation.hub, access);
  await speaking.restore();
  onClose(() => hub.stop());
  await speaking.restored();
  const behaviours = openBehaviours(context, limits.maxBehaviourBytes, onClose);
  const automations = await openAutomations(context, config, onClose);

  const written = () => Promise.allSettled([store.flush(), speaking.written(), writes.committed()]);
  const objects = await openFiles(config, options, { storage, context, written });
  onClose(() => objects.close());
  if (cluster !== undefined) {
    const { shareFiles } = await import('./cluster.ts');
    await shareFiles(cluster, { objects, access, anonymous: config.auth.anonymous });
  }
  const numberings = new LevelNumberingStore(db, { clock, log, written });
  onClose(() => numberings.close());

  const tls = await tlsOf(config, storage, log, onClose);
  const descriptors = Descriptors.ofProcess();
  const { offers, pairings } = pairing;
  const { devices: announced } = speaking;
  const rollouts = await Rollouts.open({ ...context, dataDir: config.dataDir });
  onClose(() => rollouts.close());
  const forFrames = { objects, numberings, offers, announced, firmware: rollouts };
  const frameParts = { context, limits, budget: sending.budget, ...forFrames };
  const frames = await openFrameDevices(frameParts, onClose);
  speaking.serve({ objects, frames, descriptors, tls });
  let listeners: Listeners | undefined;
  showListeners(metrics, () => listeners);
  const readiness = new GatewayReadiness(metrics, storage.vitals);
  const shared = { config, context, objects, descriptors, tls };
  const { webSocket: routes, taps } = speaking;
  const { approve, serial } = speaking.listeners;
  const logOf = (id: string) => joinLogs([serial.log(id), frames.log(id)]);
  const flasher = new Flasher({ ports: serial, clock, log, incidents: context.incidents, env: process.env });
  onClose(() => flasher.close());
  const boards = { pairings, approve, serial, flasher, rollouts, devices: announced, logOf };
  const settings = settingsFor(definitions, config, options);
  const examine = examiner({
    ...{ config, clock, vitals: storage.vitals, store: objects.store },
    listeners: () => listeners,
  });
  const ossKeys = ossKeyDesk({
    ...{ dataDir: config.dataDir, bucket: config.oss.bucket, clock },
    isAccount: (name) => accounts.get(name) !== undefined,
    listener: () => listeners?.oss ?? null,
  });
  const certificates = certificatesOf({ config, clock, running: tls, listeners: () => listeners });
  const { http, pages } = await openWeb(
    {
      ...{ ossKeys, certificates },
      ...{ ...shared, vitals: storage.vitals, registry: metrics, settings, examine },
      ...{ definitions, routes, taps, sending, boards, trace, listeners: () => listeners },
      desks: { ...desks, classroom: new Classroom({ hub, accounts, roles: desks.roles, clock, incidents }, onClose) },
      readiness: () => readiness.state,
      certificateFindings: () => certificateFindings(tls?.contexts.material, clock, config.tls),
      cluster: () => cluster?.view,
      bridges: () => bridges?.states ?? [],
      ...{ automations, behaviours },
      backups: openBackups({ config, storage, keptBytes: keptBytesIn(config, definitions), log, written }, onClose),
      hasAccounts: () => accounts.hasAny,
    },
    onClose,
  );
  const bridges = await bridgesOf(
    config,
    { context, storage, port: speaking.bridges, passwords: options.bridgePasswords },
    onClose,
  );
  const home = await homeOf(config, { context, storage, devices: announced, objects }, onClose);
  await speaking.listen();
  const oss = await openOss({ ...shared, guard }, onClose);
  await speaking.opened();
  listeners = speaking.listeners.withPorts({ http, ...speaking.listeners.addresses, pages, oss }) as Listeners;

  onClose(await writeRunningFile(config.dataDir, { http }, log));
  objects.start(publicAddress(config.objects.publicUrl, http, config.tls.required.includes('http')));
  // The first to be undone: sessions say goodbye while their listeners are still open.
  onClose(() => hub.stop());
  readiness.begin();
  onClose(() => readiness.end());
  await tellNetwork(listeners, { config, clock, log }, onClose);
  if (home !== undefined) {
    home.start();
    if (cluster !== undefined) cluster.onOther = () => home.otherCame();
    onClose(() => home.sayGoodbye());
  }
  bridges?.start();
  cluster?.start();
  return listeners;
}

/** Has the gateway found by clients of the local network; nothing is loaded for one that only this machine reaches. */
async function tellNetwork(
  listeners: Listeners,
  parts: { config: BaseConfig; clock: Clock; log: Log },
  onClose: OnClose,
): Promise<void> {
  const { mdns, oocsiMulticast } = parts.config.discovery;
  // A gateway in another program may speak none of these protocols.
  const found = listeners as FoundListeners;
  const open = [found.http, found.mqtt, found.oocsi].filter((listener) => listener !== undefined);
  if ((!mdns && !oocsiMulticast) || open.every(({ host }) => isLoopback(host))) return;
  const { openDiscovery } = await import('./discovery.ts');
  openDiscovery({ ...parts, listeners: found }, onClose);
}

/** Opens what this gateway has to do with others; nothing is loaded where the configuration names no servers. */
async function joinOthers(
  { cluster, dataDir }: BaseConfig,
  { context, ...parts }: Pick<OpenClusterParts, 'storage' | 'people'> & { context: SessionContext },
  onClose: OnClose,
): Promise<Cluster | undefined> {
  const { servers, gateway } = cluster;
  if (servers.length === 0 || gateway === undefined) return undefined;
  const { openCluster } = await import('./cluster.ts');
  return await openCluster({ ...context, config: { ...cluster, gateway }, dataDir, ...parts }, onClose);
}

/** What passes messages to and from other brokers; nothing is loaded where the configuration names none. */
async function bridgesOf(
  config: BaseConfig,
  parts: Pick<BridgeParts, 'context' | 'storage' | 'port' | 'passwords'>,
  onClose: OnClose,
): Promise<Bridges | undefined> {
  if (config.bridges.length === 0) return undefined;
  const { openBridges } = await import('./bridges.ts');
  return await openBridges({ ...parts, config }, onClose);
}

/** What tells Home Assistant of devices; nothing is loaded where the configuration does not want it. */
async function homeOf(
  config: BaseConfig,
  parts: Omit<HomeParts, 'config'>,
  onClose: OnClose,
): Promise<HomeAssistant | undefined> {
  if (!config.homeAssistant.enabled) return undefined;
  const { openHomeAssistant } = await import('./home-assistant.ts');
  return await openHomeAssistant({ ...parts, config }, onClose);
}

/** What looks at the machine; loaded when somebody asks for the first time. */
function examiner(parts: ExamineParts): () => Promise<Finding[]> {
  let examination: Promise<Examination> | undefined;
  return async () => {
    examination ??= import('./examine.ts').then((loaded) => new loaded.Examination(parts));
    return (await examination).findings();
  };
}

/** What commands and the API do with certificates; loaded when somebody asks for the first time. */
function certificatesOf(parts: TlsDeskParts): TlsDesk {
  let loading: Promise<TlsDesk> | undefined;
  const desk = (): Promise<TlsDesk> => {
    loading ??= import('./tls-desk.ts').then(({ tlsDesk }) => tlsDesk(parts));
    return loading;
  };
  return {
    show: async () => (await desk()).show(),
    renew: async (authority) => (await desk()).renew(authority),
    authority: async () => (await desk()).authority(),
  };
}

/** What encrypts connections; loaded only where the configuration wants it. */
async function tlsOf(
  config: BaseConfig,
  { clock, metrics }: Storage,
  log: Log,
  onClose: OnClose,
): Promise<RunningTls | undefined> {
  if (!takesTls(config)) return undefined;
  const { openTls } = await import('./tls.ts');
  return await openTls({ config, clock, metrics, log }, onClose);
}

/** How many bytes of messages the protocols may keep on disk. */
function keptBytesIn(config: BaseConfig, definitions: readonly ProtocolDefinition[]): number {
  const sections = definitions.flatMap(({ section }) => (section ? [section] : []));
  const ofBridges = config.bridges.reduce((sum, { outboxBytes }) => sum + outboxBytes, 0);
  return keptBytesOf(sections, config) + ofBridges;
}

interface FilesParts {
  storage: Storage;
  context: SessionContext;
  /** Resolves when what was taken before is on disk. */
  written(): Promise<unknown>;
}

function openFiles(config: BaseConfig, options: GatewayOptions, { storage, ...parts }: FilesParts): Promise<Objects> {
  const { protocols: definitions = protocols } = options;
  return openObjects({
    ...parts.context,
    config,
    keptBytes: keptBytesIn(config, definitions),
    db: storage.db,
    written: parts.written,
    openStore: remoteStore(config, options),
  });
}

/** How to open a store that is not on this machine; each, and what it needs, is loaded only where it is configured. */
function remoteStore({ objects }: BaseConfig, options: GatewayOptions): ObjectsOptions['openStore'] {
  if (objects.store === 'local') return undefined;
  return async (parts) => {
    if (objects.store === 's3') {
      const { openS3Store } = await import('../objects/remote/s3/open-s3-store.ts');
      return openS3Store(parts, options.s3Variables ?? {});
    }
    const { openOssStore } = await import('../objects/remote/oss/open-oss-store.ts');
    return openOssStore(parts, options.ossVariables ?? {});
  };
}
