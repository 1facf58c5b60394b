import { hostname } from 'node:os';
import { type FastifyInstance, fastify } from 'fastify';
import type { AccountDesk } from '../access/account-desk.ts';
import type { RoleDesk } from '../access/role-desk.ts';
import type { KeptList } from '../common/kept-list.ts';
import { version } from '../common/version.ts';
import type { Objects } from '../objects/objects.ts';
import type { Finding } from '../observability/finding.ts';
import type { MetricsRegistry } from '../observability/metrics.ts';
import type { TraceBook } from '../observability/trace/trace-book.ts';
import { Vitals } from '../observability/vitals.ts';
import type { SessionContext } from '../protocols/context.ts';
import type { Guide } from '../protocols/contract.ts';
import { ClientAddresses } from '../transports/client-address.ts';
import { FAIR_SHARE_BYTES, type OutboxLimits, QueueBudget, WriteTurn } from '../transports/outbox.ts';
import type { Recorder } from '../transports/recording/recorder.ts';
import { accountRoutes } from './api/accounts.ts';
import type { AutomationDesk } from './api/automations.ts';
import type { BackupDesk } from './api/backup.ts';
import { type BehaviourDesk, NO_BEHAVIOURS } from './api/behaviours.ts';
import type { BridgeView } from './api/bridges.ts';
import { type ClassDesk, classRoutes } from './api/classroom.ts';
import type { ClusterView } from './api/cluster.ts';
import { controlBoardRoutes } from './api/controls/routes.ts';
import { deviceRoutes } from './api/devices.ts';
import { firmwareRoutes } from './api/firmware.ts';
import { flashRoutes } from './api/flash.ts';
import { apiRoutes } from './api/index.ts';
import { objectListRoutes } from './api/objects.ts';
import { type OssKeyDesk, ossKeyRoutes } from './api/oss-keys.ts';
import { pairingRoutes } from './api/pairings.ts';
import { roleRoutes } from './api/roles.ts';
import type { ApiRoute } from './api/route.ts';
import { serialRoutes } from './api/serial.ts';
import { sessionRoutes } from './api/session.ts';
import type { Settings } from './api/settings.ts';
import { type TlsDesk, tlsRoutes } from './api/tls.ts';
import { earlierUploadRoutes, uploadRoutes } from './api/uploads.ts';
import { knowAskers } from './askers.ts';
import type { Boards } from './boards.ts';
import { dashboardFiles } from './dashboard.ts';
import { answerBadHttp, answerBadUrl, answerErrors } from './error-answers.ts';
import { healthRoutes, type Readiness } from './health-route.ts';
import { isProven } from './identify.ts';
import { keepPagesOut } from './keep-pages-out.ts';
import { metricsRoute } from './metrics-route.ts';
import { NO_SCHEMAS } from './no-schemas.ts';
import { objectRoutes } from './objects/routes.ts';
import { oocsiRoutes } from './oocsi/routes.ts';
import { type OperatorFacts, operatorRoute } from './operator-route.ts';
import { OriginRules } from './origin-rules.ts';
import { ownFiles } from './own-files.ts';
import { PageSessions } from './page-sessions.ts';
import { pairPageRoute } from './pair-page-route.ts';
import { countBodies, limitBodyTime } from './progress.ts';
import { lookBehindProxies } from './proxies.ts';
import { makeReady } from './ready-server.ts';
import { statusRoute } from './status-route.ts';
import { authorityRoute, requireTls, type WebTls } from './tls.ts';

const MIB = 1024 * 1024;
/** How long a request, body included, may take to arrive. */
const REQUEST_TIMEOUT_MS = 30_000;
/** The longest segment of a path: a channel's name, each character percent-encoded. */
const MAX_PARAM_LENGTH = 4096;

export interface WebServerOptions {
  context: SessionContext;
  /** How long a service called over HTTP may take to answer. */
  serviceTimeoutMs: number;
  /** How long the head of a request may take to arrive, from the beginning of its connection. */
  handshakeTimeoutMs?: number;
  /** The longest body that is read. */
  maxBodyBytes: number;
  /** The gateway's version; read from its package.json by default. */
  version?: string;
  /** Where the gateway listens, for people who ask; called at each request. */
  doors?: () => object | undefined;
  /** How people come in by the protocols, for the dashboard. */
  guides?: readonly Guide[];
  /** What the operator's commands on this machine must know; called at each request. */
  operator?: () => OperatorFacts;
  /** What the operator's commands do with accounts and roles. */
  desks?: { accounts: AccountDesk; roles: RoleDesk; classroom?: ClassDesk };
  /** What they do with the keys of OSS clients. */
  ossKeys?: OssKeyDesk;
  /** What they do with certificates for TLS. */
  certificates?: TlsDesk;
  /** What lets new devices and boards in. */
  boards?: Boards;
  /** What makes backups. */
  backups?: BackupDesk;
  /** Where boards of controls are kept; by default there are none. */
  controlBoards?: KeptList;
  /** What gathers the writes of one turn, shared with all connections. */
  turn?: WriteTurn;
  /** What bounds all send queues together, shared with all connections. */
  budget?: QueueBudget;
  outboxLimits?: OutboxLimits;
  /** The objects to give out and take in, and how long an upload may stand still; none where it is left out. */
  objects?: { objects: Objects; stallMs: number };
  /** Which names the gateway goes by, and whose web pages may act; by default its own alone. */
  originRules?: OriginRules;
  /** Where people are signed in, which WebSockets ask too; by default its own. */
  sessions?: PageSessions;
  /** Who stands behind a proxy; by default nobody knows of any. */
  addresses?: ClientAddresses;
  /** Who knows what became of messages. */
  trace?: TraceBook;
  recorder?: (() => Promise<Recorder>) | undefined;
  /** How requests may be encrypted; by default not at all. */
  tls?: WebTls | undefined;
  /** How the process is doing; by default what is found out here. */
  vitals?: Vitals;
  /** All that is counted, to be read; by default nobody can read it by the API. */
  registry?: Pick<MetricsRegistry, 'families'>;
  /** Whether the gateway can do its work; by default it can. */
  readiness?: () => Readiness;
  /** What a diagnosis looks at beside what is known anyway: the machine; called at each request. */
  examine?: () => Promise<Finding[]>;
  /** How long certificates for TLS are good; called at each request. */
  certificateFindings?: () => readonly Finding[];
  /** How it stands with other gateways; left out: this one is in no cluster. */
  cluster?: () => ClusterView | undefined;
  /** How it stands with other brokers; left out: messages pass to none. */
  bridges?: () => readonly BridgeView[];
  /** What is sent by itself; left out: nothing is. */
  automations?: AutomationDesk;
  /** What clients do together by the gateway; left out: nothing. */
  behaviours?: BehaviourDesk;
  maxShapes?: number;
  /** How the gateway is configured; called at each request. */
  settings?: () => Settings;
  /** For tests: whether answers of the API are compared with its description. Default: CROSSCOMM_CHECK_ANSWERS of the environment. */
  checksAnswers?: boolean;
  /** How many event streams may be open at once. */
  maxStreams?: number;
  /** How many service calls may wait at once. */
  maxCalls?: number;
}

/**
 * Builds the HTTP side: OOCSI's endpoints, `/status`, the API and the dashboard at `/`. It is ready when the promise resolves but does not
 * listen; open `server` and close with `close()`, which ends every stream and connection. WebSockets are not its concern:
 * whoever listens to `server`'s `upgrade` has them.
 */
export async function createWebServer(options: WebServerOptions): Promise<FastifyInstance> {
  const { context, maxBodyBytes, serviceTimeoutMs, handshakeTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const originRules = options.originRules ?? new OriginRules({ machineName: hostname });
  const app = fastify({
    logger: false,
    schemaController: NO_SCHEMAS,
    bodyLimit: maxBodyBytes,
    trustProxy: false,
    forceCloseConnections: true,
    // Node looks every half minute otherwise.
    http: { connectionsCheckingInterval: Math.ceil(Math.min(handshakeTimeoutMs, REQUEST_TIMEOUT_MS) / 5) },
    // Node's own limit would end long uploads too.
    requestTimeout: 0,
    exposeHeadRoutes: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    frameworkErrors: answerBadUrl(context, originRules),
    clientErrorHandler: answerBadHttp(context),
  });
  app.server.headersTimeout = Math.min(handshakeTimeoutMs, REQUEST_TIMEOUT_MS);
  limitBodyTime(app, context.clock, {
    limitMs: REQUEST_TIMEOUT_MS,
    unprovenMs: handshakeTimeoutMs,
    isProven: ({ asker }) => isProven(context, asker),
  });
  lookBehindProxies(app, options.addresses ?? new ClientAddresses());
  answerErrors(app, context, maxBodyBytes);
  const budget = options.budget ?? new QueueBudget(64 * MIB);
  countBodies(app, budget.incoming, context.incidents);
  if (options.checksAnswers ?? process.env.CROSSCOMM_CHECK_ANSWERS !== undefined) {
    const { checkAnswers } = await import('./api/check-answers.ts');
    checkAnswers(app, context);
  }
  if (options.tls) await app.register(authorityRoute(options.tls));
  if (options.tls?.isRequired) requireTls(app);
  keepPagesOut(app, originRules);
  const sessions = options.sessions ?? new PageSessions(context);
  knowAskers(app, { context, rules: originRules, sessions });
  await app.register(dashboardFiles());
  await app.register(ownFiles());
  await app.register(
    statusRoute({
      context,
      version: options.version ?? version(),
      doors: options.doors,
      objects: options.objects?.objects,
    }),
  );
  await app.register(healthRoutes(options.readiness ?? (() => 'ready')));
  if (options.registry) await app.register(metricsRoute({ context, registry: options.registry }));
  const { doors, objects } = options;
  await app.register(
    apiRoutes({
      guides: options.guides ?? [],
      ...{ context, budget, version: options.version ?? version() },
      vitals: options.vitals ?? ownVitals(app, context),
      trace: options.trace,
      recorder: options.recorder,
      listeners: () => doors?.(),
      metrics: options.registry,
      settings: options.settings,
      examine: options.examine,
      certificateFindings: options.certificateFindings,
      cluster: options.cluster ?? (() => undefined),
      bridges: options.bridges ?? (() => []),
      automations: options.automations,
      maxShapes: options.maxShapes ?? 1000,
      behaviours: options.behaviours ?? NO_BEHAVIOURS,
      backups: options.backups,
      more: [
        ...sessionRoutes({ context, sessions, rules: originRules }),
        ...(options.desks?.classroom ? classRoutes(options.desks.classroom) : []),
        ...(options.desks ? [...accountRoutes(options.desks.accounts), ...roleRoutes(options.desks.roles)] : []),
        ...(options.ossKeys ? ossKeyRoutes(options.ossKeys) : []),
        ...(options.certificates ? tlsRoutes(options.certificates) : []),
        ...(options.boards ? boardRoutes(options.boards, context) : []),
        ...(options.controlBoards ? controlBoardRoutes({ ...context, store: options.controlBoards }) : []),
        ...(objects ? [...objectListRoutes({ context, objects: objects.objects }), ...uploadRoutes(objects)] : []),
      ],
      uploads: objects && (() => objects.objects.counts()),
    }),
  );
  if (options.operator) await app.register(operatorRoute({ context, facts: options.operator }));
  if (options.boards) await app.register(pairPageRoute);
  await app.register(
    oocsiRoutes({
      context,
      serviceTimeoutMs,
      turn: options.turn ?? new WriteTurn(),
      budget,
      outboxLimits: options.outboxLimits ?? { maxQueueBytes: 4 * MIB, fairShareBytes: FAIR_SHARE_BYTES },
      maxStreams: options.maxStreams ?? 1000,
      maxCalls: options.maxCalls ?? 100,
    }),
  );
  if (options.objects) {
    await app.register(objectRoutes({ context, ...options.objects }));
    await app.register(earlierUploadRoutes(context, options.objects));
  }
  return await makeReady(app, context.incidents);
}

/** What lets boards and devices in. */
function boardRoutes(
  { pairings, approve, serial, flasher, rollouts, logOf, devices }: Boards,
  context: SessionContext,
): ApiRoute[] {
  const { log } = context;
  return [
    ...pairingRoutes(pairings, log),
    ...serialRoutes({ ports: serial, approve, log, logOf }),
    ...(flasher ? flashRoutes({ context, flasher }) : []),
    ...(rollouts ? firmwareRoutes({ context, rollouts }) : []),
    ...deviceRoutes(context, devices),
  ];
}

/** What tells how the process is doing, for as long as `app` is open. */
function ownVitals(app: FastifyInstance, { clock, metrics }: SessionContext): Vitals {
  const vitals = new Vitals({ clock, metrics });
  app.addHook('preClose', (next) => {
    vitals.stop();
    next();
  });
  return vitals;
}
