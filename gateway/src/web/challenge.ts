import type { FastifyReply, FastifyRequest } from 'fastify';
import { sourceOf } from './origin-rules.ts';

const REALM = 'realm="CrossComm Gateway"';

/**
 * Says how to prove oneself, as an answer of 401 must (RFC 9110, section 11.6.1). HTTP Basic makes a browser ask for a name and a password
 * over the page, so that is said only to programs and to who goes to the address itself: pages show a form of their own.
 */
export function challenge({ headers }: FastifyRequest, reply: FastifyReply): void {
  const mode = headers['sec-fetch-mode'];
  const isVisit = mode === undefined ? headers.accept?.includes('text/html') === true : mode === 'navigate';
  const isOfPage = sourceOf(headers).isBrowser && !isVisit;
  void reply.header('www-authenticate', isOfPage ? `Bearer ${REALM}` : `Basic ${REALM}, charset="UTF-8"`);
}
