import type { IncomingMessage } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyPluginCallback } from 'fastify';
import { errorBody } from '../common/http-error.ts';
import { isFromHere } from '../common/loopback.ts';
import { RequestError } from './request-error.ts';

/** How requests may be encrypted. */
export interface WebTls {
  /** Whether those that are not are refused. */
  isRequired: boolean;
  /** The certificate by which clients know the gateway, PEM; undefined where that is one of a public authority. */
  authority(): string | undefined;
}

/** What clients fetch before they can check the gateway's certificate. */
const AUTHORITY_PATH = '/ca.crt';

/** Why a request is refused that came without TLS. */
export const TLS_ONLY = 'This gateway takes TLS only here: write https:// or wss:// in place of http:// or ws://.';

/** Whether a request has come without TLS from another machine. What stays in this machine nobody else reads. */
export function isReadable({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
  return (socket as Partial<TLSSocket>).encrypted !== true && !isFromHere(socket);
}

/** Refuses requests that others could read; what only asks for a page is sent to the encrypted one. */
export function requireTls(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { method, url, headers, raw } = request;
    if (!isReadable(raw) || url.split('?', 1)[0] === AUTHORITY_PATH) {
      done();
      return;
    }
    if ((method !== 'GET' && method !== 'HEAD') || headers.host === undefined) {
      done(new RequestError('PEER_TLS', TLS_ONLY));
      return;
    }
    void reply.code(308).header('location', `https://${headers.host}${url}`).send(errorBody('PEER_TLS', TLS_ONLY));
  });
}

/** `GET /ca.crt`: the certificate by which clients know the gateway, also without TLS; its fingerprint is to be compared. */
export function authorityRoute({ authority }: WebTls): FastifyPluginCallback {
  return (app, _options, done) => {
    app.get(AUTHORITY_PATH, (_request, reply) => {
      const certificate = authority();
      if (certificate === undefined) {
        throw new RequestError(
          'PEER_NOT_FOUND',
          'The certificate of this gateway is its own (tls.certificate): clients check it by the authority that issued it.',
        );
      }
      void reply.type('application/x-x509-ca-cert').header('cache-control', 'no-cache').send(certificate);
    });
    done();
  };
}
