import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import type { UploadCounts } from '../../objects/objects.ts';
import type { Finding } from '../../observability/finding.ts';
import type { TraceBook } from '../../observability/trace/trace-book.ts';
import type { Vitals } from '../../observability/vitals.ts';
import type { SessionContext } from '../../protocols/context.ts';
import type { Guide } from '../../protocols/contract.ts';
import { ShapeBook } from '../../shapes/shape-book.ts';
import type { QueueBudget } from '../../transports/outbox.ts';
import type { Recorder } from '../../transports/recording/recorder.ts';
import { type AutomationDesk, automationRoutes } from './automations.ts';
import { type BackupDesk, backupRoutes } from './backup.ts';
import { type BehaviourDesk, behaviourRoutes } from './behaviours.ts';
import { type BridgeView, bridgeRoutes } from './bridges.ts';
import { channelRoutes } from './channels.ts';
import { clientRoutes } from './clients.ts';
import { type ClusterView, clusterRoutes } from './cluster.ts';
import { diagnosisRoutes } from './diagnosis.ts';
import { FeedRoute } from './feed/route.ts';
import { graphRoutes } from './graph.ts';
import { guideRoutes } from './guides.ts';
import { messageRoutes } from './messages.ts';
import { NumberHistory } from './number-history.ts';
import { overviewRoutes } from './overview.ts';
import { RecentMessages } from './recent-messages.ts';
import { RecordingRoutes } from './recording.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { lazy } from './schema.ts';
import { serveApi } from './serve.ts';
import { type SettingsParts, settingsRoutes } from './settings.ts';
import { shapeRoutes } from './shapes.ts';
import { traceRoutes } from './trace.ts';

export interface ApiOptions extends SettingsParts {
  context: SessionContext;
  /** The gateway's. */
  version: string;
  vitals: Vitals;
  /** Who knows what became of messages; undefined: nobody. */
  trace?: TraceBook | undefined;
  /** What records connections; undefined: nothing does. */
  recorder?: (() => Promise<Recorder>) | undefined;
  budget: QueueBudget;
  /** What listens, by the configuration key of each; called at each request. */
  listeners(): object | undefined;
  uploads?: (() => UploadCounts) | undefined;
  backups?: BackupDesk | undefined;
  /** How it stands with other gateways; undefined: this one is in no cluster. */
  cluster(): ClusterView | undefined;
  /** How it stands with other brokers. */
  bridges(): readonly BridgeView[];
  /** What is sent by itself. */
  automations: AutomationDesk | undefined;
  /** Of how many channels it is learnt what they carry; 0: of none. */
  maxShapes: number;
  /** What clients do together. */
  behaviours: BehaviourDesk;
  /** How long certificates for TLS are good. */
  certificateFindings?: (() => readonly Finding[]) | undefined;
  /** What is looked at only when somebody asks for a diagnosis. */
  examine?: (() => Promise<Finding[]>) | undefined;
  /** Routes that others bring. */
  more: readonly ApiRoute[];
  /** How people come in by the protocols. */
  guides: readonly Guide[];
}

const openApiAnswer = lazy(() => z.record(z.string(), z.unknown()));

/** The HTTP API, below `/api/v1`, with its description at `/api/v1/openapi.json`. */
export function apiRoutes(options: ApiOptions): FastifyPluginCallback {
  const { context, version, trace, recorder } = options;
  const feed = new FeedRoute(options);
  const numbers = new NumberHistory(context.clock);
  const { maxShapes } = options;
  const shapes = new ShapeBook(context.clock, { maxChannels: maxShapes });
  const recent = new RecentMessages({
    ...context,
    seen: (look) => {
      numbers.note(look);
      // What is for one client is no channel.
      if (maxShapes > 0 && look.between === undefined) shapes.note(look.message);
    },
  });
  const { access } = context;
  const stopReviews = access.onReview(() => recent.forgetAccounts((account) => !access.isAccount(account)));
  const routes: ApiRoute[] = [
    ...guideRoutes(options.guides),
    ...overviewRoutes(options),
    ...diagnosisRoutes(options),
    ...clusterRoutes(options.cluster),
    ...bridgeRoutes(options.bridges),
    ...(options.automations ? automationRoutes(options.automations) : []),
    ...behaviourRoutes(options.behaviours),
    feed.route,
    ...clientRoutes(context),
    ...channelRoutes({ ...context, recent, numbers }),
    ...shapeRoutes(context, shapes),
    ...messageRoutes(context, recent),
    ...graphRoutes(context, recent),
    ...settingsRoutes(options),
    ...(options.backups ? backupRoutes({ context, backups: options.backups }) : []),
    ...options.more,
  ];
  if (trace !== undefined) routes.push(...traceRoutes({ context, trace }));
  const recording = recorder && new RecordingRoutes({ context, version, recorder });
  if (recording !== undefined) routes.push(...recording.routes);
  let document: Promise<Record<string, unknown>> | undefined;
  const description = apiRoute(
    {
      method: 'GET',
      path: '/api/v1/openapi.json',
      summary: 'This description of the API, as OpenAPI 3.1.',
      needs: 'anybody',
      answers: { 200: openApiAnswer },
    },
    () => {
      document ??= import('./openapi.ts').then(({ openApiOf }) => openApiOf(routes, version));
      return document;
    },
  );
  routes.unshift(description);
  return (app, given, done) => {
    app.addHook('preClose', (next) => {
      feed.stop();
      recording?.stop();
      recent.stop();
      stopReviews();
      next();
    });
    serveApi(context, routes)(app, given, done);
  };
}
