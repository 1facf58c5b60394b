import type { FastifyInstance } from 'fastify';
import type { SessionContext } from '../../protocols/context.ts';
import { RequestError } from '../request-error.ts';
import type { ApiRoute } from './route.ts';
import { errorAnswer } from './schema.ts';

const BEGINNING = '/api/v1/';
const FIRST_ERROR = 400;

/**
 * For tests: compares every answer of the API with what its route says that it answers. One that differs becomes an error 500 that says how.
 */
export function checkAnswers(app: FastifyInstance, { log }: SessionContext): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const { apiRoute: route } = request.routeOptions.config;
    const isOfApi = route !== undefined || request.url.startsWith(BEGINNING);
    const fault = isOfApi && request.method !== 'OPTIONS' ? faultOf(route, reply.statusCode, payload) : undefined;
    if (fault === undefined) {
      done();
      return;
    }
    const message = `${request.method} ${request.url} was answered ${reply.statusCode} in a way that it does not say: ${fault}`;
    log.error({ code: 'INTERNAL' }, message);
    done(new RequestError('INTERNAL', message));
  });
}

/** How an answer differs from what its route says; undefined where it does not. */
function faultOf(route: ApiRoute | undefined, status: number, payload: unknown): string | undefined {
  if (status < FIRST_ERROR) {
    if (route === undefined) return 'it is no apiRoute';
    if (!(status in route.answers)) return 'there is no such answer';
  }
  if (status < FIRST_ERROR && route?.streams !== undefined) return undefined;
  const schema = status < FIRST_ERROR ? route?.answers[status] : errorAnswer;
  if (schema === undefined) return payload === '' || payload == null ? undefined : 'it has content';
  if (typeof payload !== 'string') return 'it has no text';
  const read = schema().safeParse(JSON.parse(payload));
  return read.success ? undefined : read.error.message.slice(0, 1000);
}
