import { hostname } from 'node:os';
import { type FastifyInstance, fastify } from 'fastify';
import type { AccountDesk } from '../access/account-desk.ts';
import type { RoleDesk } from '../access/role-desk.ts';
import { version } from '../common/version.ts';
import type { Objects } from '../objects/objects.ts';
import type { SessionContext } from '../protocols/context.ts';
import type { Guide } from '../protocols/contract.ts';
import { ClientAddresses } from '../transports/client-address.ts';
import { FAIR_SHARE_BYTES, type OutboxLimits, QueueBudget, WriteTurn } from '../transports/outbox.ts';
import { roleRoutes } from './accounts/role-routes.ts';
import { accountRoutes } from './accounts/routes.ts';
import { knowAskers } from './askers.ts';
import type { Boards } from './boards.ts';
import { answerBadHttp, answerBadUrl, answerErrors } from './error-answers.ts';
import { healthRoute } from './health-route.ts';
import { makeHomePage } from './home-page.ts';
import { isProven } from './identify.ts';
import { keepPagesOut } from './keep-pages-out.ts';
import { objectListRoute } from './objects/list-route.ts';
import { objectRoutes } from './objects/routes.ts';
import { uploadRoutes } from './objects/upload-routes.ts';
import { oocsiRoutes } from './oocsi/routes.ts';
import { type OperatorFacts, operatorRoute } from './operator-route.ts';
import { OriginRules } from './origin-rules.ts';
import { ownFiles } from './own-files.ts';
import { sendOwnPage } from './own-page.ts';
import { PageSessions } from './page-sessions.ts';
import { pairingRoutes } from './pairing-routes.ts';
import { limitBodyTime } from './progress.ts';
import { lookBehindProxies } from './proxies.ts';
import { makeReady } from './ready-server.ts';
import { serialRoutes } from './serial-routes.ts';
import { sessionRoutes } from './session-routes.ts';
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
  /** How people come in by the protocols, for the page at `/`. */
  guides?: readonly Guide[];
  /** What the operator's commands on this machine must know; called at each request. */
  operator?: () => OperatorFacts;
  /** What the operator's commands do with accounts and roles. */
  desks?: { accounts: AccountDesk; roles: RoleDesk };
  /** What lets new devices and boards in. */
  boards?: Boards;
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
  /** How requests may be encrypted; by default not at all. */
  tls?: WebTls | undefined;
  /** How many event streams may be open at once. */
  maxStreams?: number;
  /** How many service calls may wait at once. */
  maxCalls?: number;
}

/**
 * Builds the HTTP side: OOCSI's endpoints, `/status` and a page at `/`. It is ready when the promise resolves but does not
 * listen; open `server` and close with `close()`, which ends every stream and connection. WebSockets are not its concern:
 * whoever listens to `server`'s `upgrade` has them.
 */
export async function createWebServer(options: WebServerOptions): Promise<FastifyInstance> {
  const { context, maxBodyBytes, serviceTimeoutMs, handshakeTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const originRules = options.originRules ?? new OriginRules({ machineName: hostname });
  const app = fastify({
    logger: false,
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
  if (options.tls) await app.register(authorityRoute(options.tls));
  if (options.tls?.isRequired) requireTls(app);
  keepPagesOut(app, originRules);
  const sessions = options.sessions ?? new PageSessions(context);
  knowAskers(app, { context, rules: originRules, sessions });
  const homePage = makeHomePage(options.guides ?? []);
  app.get('/', (_request, reply) => sendOwnPage(reply, homePage));
  await app.register(ownFiles());
  await app.register(
    statusRoute({
      context,
      version: options.version ?? version(),
      doors: options.doors,
      objects: options.objects?.objects,
    }),
  );
  await app.register(healthRoute);
  await app.register(sessionRoutes({ context, sessions, rules: originRules }));
  if (options.operator) await app.register(operatorRoute({ context, facts: options.operator }));
  if (options.desks) {
    await app.register(accountRoutes({ context, desk: options.desks.accounts }));
    await app.register(roleRoutes({ context, desk: options.desks.roles }));
  }
  if (options.boards) {
    await app.register(pairingRoutes({ context, pairings: options.boards.pairings }));
    await app.register(serialRoutes({ context, approve: options.boards.approve }));
  }
  await app.register(
    oocsiRoutes({
      context,
      serviceTimeoutMs,
      turn: options.turn ?? new WriteTurn(),
      budget: options.budget ?? new QueueBudget(64 * MIB),
      outboxLimits: options.outboxLimits ?? { maxQueueBytes: 4 * MIB, fairShareBytes: FAIR_SHARE_BYTES },
      maxStreams: options.maxStreams ?? 1000,
      maxCalls: options.maxCalls ?? 100,
    }),
  );
  if (options.objects) {
    await app.register(objectRoutes({ context, ...options.objects }));
    await app.register(objectListRoute({ context, ...options.objects }));
    await app.register(uploadRoutes({ context, ...options.objects }));
  }
  return await makeReady(app, context.incidents);
}
