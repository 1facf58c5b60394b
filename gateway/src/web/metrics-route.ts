import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { isLoopback } from '../common/loopback.ts';
import { addressOf } from '../common/peer-address.ts';
import type { MetricsRegistry } from '../observability/metrics.ts';
import type { Exposition } from '../observability/prometheus/exposition.ts';
import type { SessionContext } from '../protocols/context.ts';
import { identify, UNAUTHORIZED } from './identify.ts';
import { isStranger } from './operator.ts';
import { RequestError } from './request-error.ts';

const NOT_ALLOWED =
  'The metrics are for programs on the machine of the gateway, and for accounts with the role viewer: bring the token of one.';
/** What whoever reads the newer form says that it takes. */
const OPEN_METRICS = 'application/openmetrics-text';

export interface MetricsOptions {
  context: SessionContext;
  registry: Pick<MetricsRegistry, 'families'>;
}

/**
 * `GET /metrics`, for Prometheus: as OpenMetrics where that is asked for, else in Prometheus' own text. What writes it is loaded when it is
 * first asked for.
 */
export function metricsRoute({ context, registry }: MetricsOptions): FastifyPluginCallback {
  let exposition: Promise<Exposition> | undefined;
  return (app, _options, done) => {
    app.get('/metrics', async (request, reply) => {
      await checkAllowed(context, request);
      exposition ??= import('../observability/prometheus/exposition.ts').then(
        (loaded) => new loaded.Exposition(registry),
      );
      const isOpen = request.headers.accept?.includes(OPEN_METRICS) === true;
      const { contentType, body } = await (await exposition).read(isOpen ? 'openMetrics' : 'text');
      return reply.header('cache-control', 'no-store').type(contentType).send(body);
    });
    done();
  };
}

/** Throws a RequestError unless it comes from this machine, or from an account that may see who is online. */
async function checkAllowed(context: SessionContext, { asker }: FastifyRequest): Promise<void> {
  const isBare = asker.secret === undefined && asker.signedIn === undefined && asker.certificate === undefined;
  if (isBare && asker.isRemote !== true && isLoopback(addressOf(asker.peer))) return;
  const principal = isBare ? undefined : await identify(context, asker);
  if (principal === undefined) throw new RequestError('PEER_NOT_ALLOWED', NOT_ALLOWED, UNAUTHORIZED);
  const isProven = principal.proof !== 'none' && !isStranger(asker, principal);
  if (!isProven || !principal.rights.isFree('presence')) throw new RequestError('PEER_NOT_ALLOWED', NOT_ALLOWED);
}
