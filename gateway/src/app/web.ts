import { hostname } from 'node:os';
import { join } from 'node:path';
import { BOARDS_FILE } from '../common/data-files.ts';
import { ownAddresses } from '../common/own-addresses.ts';
import { pagesAddress } from '../config/rules.ts';
import type { BaseConfig } from '../config/schema.ts';
import type { Objects } from '../objects/objects.ts';
import type { Finding } from '../observability/finding.ts';
import type { MetricsRegistry } from '../observability/metrics.ts';
import type { TraceBook } from '../observability/trace/trace-book.ts';
import type { Vitals } from '../observability/vitals.ts';
import type { SessionContext } from '../protocols/context.ts';
import type { ProtocolDefinition } from '../protocols/contract.ts';
import { listFile } from '../storage/list-file.ts';
import { ClientAddresses } from '../transports/client-address.ts';
import { type Descriptors, guardHttp } from '../transports/descriptors.ts';
import { type Address, listen } from '../transports/listen.ts';
import type { Taps } from '../transports/taps.ts';
import { createWebSocketListener } from '../transports/websocket.ts';
import type { WebSocketRoutes } from '../transports/websocket-routes.ts';
import type { AutomationDesk } from '../web/api/automations.ts';
import type { BackupDesk } from '../web/api/backup.ts';
import type { BehaviourDesk } from '../web/api/behaviours.ts';
import type { BridgeView } from '../web/api/bridges.ts';
import type { ClusterView } from '../web/api/cluster.ts';
import type { OssKeyDesk } from '../web/api/oss-keys.ts';
import type { Settings } from '../web/api/settings.ts';
import type { TlsDesk } from '../web/api/tls.ts';
import { whoSignedIn } from '../web/askers.ts';
import type { Boards } from '../web/boards.ts';
import type { Readiness } from '../web/health-route.ts';
import { OriginRules, sourceOf } from '../web/origin-rules.ts';
import { PageSessions } from '../web/page-sessions.ts';
import { createPagesServer } from '../web/pages-server.ts';
import { createWebServer } from '../web/server.ts';
import { isReadable, TLS_ONLY } from '../web/tls.ts';
import type { OnClose } from './closers.ts';
import type { Listeners } from './listeners.ts';
import type { Desks } from './people.ts';
import { recorderOf } from './recording.ts';
import { GOODBYE_MS, type Sending } from './running-protocols.ts';
import type { RunningTls } from './tls.ts';
import { takeTlsToo, withTls } from './tls-ports.ts';

export interface WebOptions {
  config: BaseConfig;
  context: SessionContext;
  definitions: readonly ProtocolDefinition[];
  routes: WebSocketRoutes;
  sending: Sending;
  objects: Objects;
  desks: Desks;
  ossKeys: OssKeyDesk;
  certificates: TlsDesk;
  boards: Boards;
  backups: BackupDesk;
  trace: TraceBook;
  taps: Taps;
  descriptors: Descriptors;
  vitals: Vitals;
  registry: MetricsRegistry;
  settings(): Settings;
  readiness(): Readiness;
  examine(): Promise<Finding[]>;
  certificateFindings(): readonly Finding[];
  cluster(): ClusterView | undefined;
  bridges(): readonly BridgeView[];
  automations: AutomationDesk;
  behaviours: BehaviourDesk;
  /** Whether there is any account, and so a credential that can be right. */
  hasAccounts(): boolean;
  tls: RunningTls | undefined;
  /** What listens, once everything does. */
  listeners(): Listeners | undefined;
}

/** Opens the HTTP port, with WebSockets, and the port for the operator's own pages, where there are any. */
export async function openWeb(
  options: WebOptions,
  onClose: OnClose,
): Promise<{ http: Address; pages: Address | undefined }> {
  const { config, context, sending, descriptors, listeners } = options;
  const { maxConnections } = config.limits;
  const { clock, incidents, metrics, log } = context;
  const originRules = new OriginRules({
    ...config.http,
    publicUrl: config.objects.publicUrl,
    listensOn: config.http.host,
    machineName: hostname,
    addresses: ownAddresses,
  });
  const addresses = new ClientAddresses(config.http.trustedProxies);
  const isRequired = config.tls.required.includes('http');
  const sessions = new PageSessions(context);
  const web = await createWebServer({
    context,
    addresses,
    tls: options.tls && { isRequired, authority: options.tls.authority },
    ...config.http,
    ...sending,
    handshakeTimeoutMs: config.limits.handshakeTimeoutMs,
    originRules,
    sessions,
    vitals: options.vitals,
    registry: options.registry,
    settings: options.settings,
    readiness: options.readiness,
    examine: options.examine,
    certificateFindings: options.certificateFindings,
    cluster: options.cluster,
    bridges: options.bridges,
    automations: options.automations,
    behaviours: options.behaviours,
    maxShapes: config.limits.maxShapes,
    guides: options.definitions.flatMap(({ guide }) => (guide ? [guide] : [])),
    doors: listeners,
    desks: options.desks,
    ossKeys: options.ossKeys,
    certificates: options.certificates,
    boards: options.boards,
    controlBoards: listFile(join(config.dataDir, BOARDS_FILE), 'boards'),
    backups: options.backups,
    trace: options.trace,
    recorder: recorderOf({ ...context, definitions: options.definitions, taps: options.taps }),
    operator: () => ({ dataDir: config.dataDir, oss: listeners()?.oss ?? null, bucket: config.oss.bucket }),
    objects: { objects: options.objects, stallMs: config.uploads.stallMs },
  });
  onClose(() => web.close());
  const webSockets = createWebSocketListener({
    ...sending,
    maxConnections,
    clock,
    incidents,
    metrics,
    log,
    server: web.server,
    routes: options.routes,
    taps: options.taps,
    addresses,
    refusal: (request) => {
      if (isRequired && isReadable(request)) return { status: 403, code: 'PEER_TLS', message: TLS_ONLY };
      const { host, origin } = request.headers;
      // A page of another origin may bring a credential inside of the protocol, once there is any.
      return originRules.refusal({ host, origin }, 'connect', options.hasAccounts());
    },
    visitor: ({ headers, socket }) => {
      const source = sourceOf(headers);
      const isSure = originRules.maySignIn(source, 'connect');
      return {
        page: originRules.foreignPage(source, 'connect'),
        countsBasic: isSure,
        signedIn: isSure ? whoSignedIn(headers, sessions, socket) : undefined,
      };
    },
  });
  onClose(() => webSockets.close(GOODBYE_MS));
  takeTlsToo(web.server, 'http', options, onClose);
  guardHttp(web.server, { descriptors, listener: 'http', incidents }, metrics);
  const http = await listen(web.server, { ...config.http, listener: 'http' });
  return { http: withTls(http, options, 'http'), pages: await openPages(options, originRules, onClose) };
}

async function openPages(
  options: WebOptions,
  originRules: OriginRules,
  onClose: OnClose,
): Promise<Address | undefined> {
  const { config, context, descriptors } = options;
  const { folder } = config.pages;
  const at = pagesAddress(config);
  if (folder === undefined || at === undefined) return undefined;
  const { maxConnections, handshakeTimeoutMs } = config.limits;
  const app = await createPagesServer({ context, folder, originRules, maxConnections, handshakeTimeoutMs });
  onClose(() => app.close());
  takeTlsToo(app.server, 'pages', options, onClose);
  guardHttp(app.server, { descriptors, listener: 'pages', incidents: context.incidents }, context.metrics);
  const address = await listen(app.server, { ...at, listener: 'pages' });
  originRules.pagesPort = address.port;
  return withTls(address, options, 'pages');
}
