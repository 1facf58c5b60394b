import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import type { SessionContext } from '../protocols/context.ts';
import { isOperator } from './operator.ts';
import { RequestError } from './request-error.ts';

/** What commands on the machine of the gateway must know to work on its data. */
export interface OperatorFacts {
  /** The folder of its data, absolute. */
  dataDir: string;
  /** Where OSS clients come in; null where that port is closed. */
  oss: { host: string; port: number } | null;
  bucket: string;
}

/** `GET /operator`: the facts, for programs on this machine alone; no web page and nobody behind a proxy learns the folder. */
export function operatorRoute({
  context,
  facts,
}: {
  context: SessionContext;
  facts: () => OperatorFacts;
}): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get('/operator', async (request, reply) => {
      if (isOfPage(request) || !(await isOperator(context, request))) {
        throw new RequestError('PEER_NOT_ALLOWED', 'This is for programs on the machine of the gateway.');
      }
      return reply.header('cache-control', 'no-store').send(facts());
    });
    done();
  };
}

function isOfPage({ headers }: FastifyRequest): boolean {
  return headers.origin !== undefined || headers['sec-fetch-site'] !== undefined;
}
