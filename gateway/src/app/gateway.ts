import { Admission } from '../access/admission.ts';
import { watchExpiry } from '../access/expiry.ts';
import { Guard } from '../access/guard.ts';
import { proofOf } from '../access/proof.ts';
import { Quotas } from '../access/quotas.ts';
import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import { takesTls } from '../config/rules.ts';
import type { BaseConfig } from '../config/schema.ts';
import type { OssVariables } from '../config/secrets.ts';
import { keptBytesOf } from '../config/section.ts';
import { type Objects, type ObjectsOptions, openObjects } from '../objects/objects.ts';
import { publicAddress } from '../objects/public-address.ts';
import type { MetricsRegistry } from '../observability/metrics.ts';
import type { SessionContext } from '../protocols/context.ts';
import type { ProtocolDefinition } from '../protocols/contract.ts';
import { accountsAreFree } from '../storage/accounts-lock.ts';
import { LevelNumberingStore } from '../storage/numbering-store.ts';
import { writeOperatorSecret } from '../storage/operator-secret.ts';
import { keepUsed, readUsed } from '../storage/quotas-file.ts';
import { writeRunningFile } from '../storage/running-file.ts';
import { Descriptors } from '../transports/descriptors.ts';
import { FAIR_SHARE_BYTES, QueueBudget, WriteTurn } from '../transports/outbox.ts';
import { Closers, type OnClose } from './closers.ts';
import { openConversation } from './conversation.ts';
import { openFrameDevices } from './frame-devices.ts';
import type { Listeners } from './listeners.ts';
import { openOss } from './oss.ts';
import { openPairing } from './pairing.ts';
import { openPeople, tellOfUnknownRoles } from './people.ts';
import { protocols, traitsTable } from './protocols.ts';
import { RunningProtocols, type Sending } from './running-protocols.ts';
import { openStorage, type Storage } from './storage.ts';
import type { RunningTls } from './tls.ts';
import { openWeb } from './web.ts';

/** What a gateway is handed from outside; only `log` has no default. */
export interface GatewayOptions {
  log: Log;
  /** OOCSI's private handles and their passwords. */
  users?: ReadonlyMap<string, string>;
  /** The OSS that objects are kept in, where the configuration says so and leaves this out. */
  ossVariables?: OssVariables;
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
  const { db, store, clock, incidents, metrics } = storage;
  const conversation = await openConversation({ config, storage, traits: traitsTable(definitions), log }, onClose);
  const { hub } = conversation;
  await accountsAreFree(config.dataDir);
  const { accounts, roles, channels, desks } = await openPeople(config, { clock, users: options.users, live: hub });
  tellOfUnknownRoles({ accounts, roles }, log);
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
  const speaking = new RunningProtocols({ definitions, config, context, sending, database: db, onClose });
  await speaking.start();
  await conversation.restore();
  await speaking.restore();
  onClose(() => hub.stop());
  await speaking.restored();

  const written = () => Promise.allSettled([store.flush(), speaking.written()]);
  const objects = await openFiles(config, options, { storage, context, written });
  onClose(() => objects.close());
  const numberings = new LevelNumberingStore(db, { clock, log, written });
  onClose(() => numberings.close());

  const tls = await tlsOf(config, storage, log, onClose);
  const descriptors = Descriptors.ofProcess();
  const { offers, pairings } = pairing;
  const frameParts = { context, limits, budget: sending.budget, objects, numberings, offers };
  const frames = await openFrameDevices(frameParts, onClose);
  speaking.serve({ objects, frames, descriptors, tls });
  let listeners: Listeners | undefined;
  const shared = { config, context, objects, descriptors, tls };
  const { webSocket: routes } = speaking;
  const boards = { pairings, approve: speaking.listeners.approve };
  const { http, pages } = await openWeb(
    {
      ...{ ...shared, definitions, routes, sending, desks, boards, listeners: () => listeners },
      hasAccounts: () => accounts.hasAny,
    },
    onClose,
  );
  await speaking.listen();
  const oss = await openOss({ ...shared, guard }, onClose);
  await speaking.opened();
  listeners = speaking.listeners.withPorts({ http, ...speaking.listeners.addresses, pages, oss }) as Listeners;

  onClose(await writeRunningFile(config.dataDir, { http }, log));
  objects.start(publicAddress(config.objects.publicUrl, http, config.tls.required.includes('http')));
  // The first to be undone: sessions say goodbye while their listeners are still open.
  onClose(() => hub.stop());
  return listeners;
}

/** What encrypts connections; loaded only where the configuration wants it. */
async function tlsOf(
  config: BaseConfig,
  { clock }: Storage,
  log: Log,
  onClose: OnClose,
): Promise<RunningTls | undefined> {
  if (!takesTls(config)) return undefined;
  const { openTls } = await import('./tls.ts');
  return await openTls({ config, clock, log }, onClose);
}

interface FilesParts {
  storage: Storage;
  context: SessionContext;
  /** Resolves when what was taken before is on disk. */
  written(): Promise<unknown>;
}

function openFiles(config: BaseConfig, options: GatewayOptions, { storage, ...parts }: FilesParts): Promise<Objects> {
  const { protocols: definitions = protocols } = options;
  const sections = definitions.flatMap(({ section }) => (section ? [section] : []));
  return openObjects({
    ...parts.context,
    config,
    keptBytes: keptBytesOf(sections, config),
    db: storage.db,
    written: parts.written,
    openStore: remoteStore(config, options),
  });
}

/** How to open a store that is not on this machine; ali-oss is loaded only for it. */
function remoteStore({ objects }: BaseConfig, { ossVariables = {} }: GatewayOptions): ObjectsOptions['openStore'] {
  if (objects.store === 'local') return undefined;
  return async (parts) => {
    const { openOssStore } = await import('../objects/remote/open-oss-store.ts');
    return openOssStore(parts, ossVariables);
  };
}
