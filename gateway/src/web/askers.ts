import type { EventEmitter } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Principal } from '../access/principal.ts';
import { isFromHere, THIS_MACHINE } from '../common/loopback.ts';
import type { SessionContext } from '../protocols/context.ts';
import { PROXY_HEADERS } from '../transports/client-address.ts';
import { certificateOf } from '../transports/tls/peer-certificate.ts';
import { readAuthorization, readCookie } from './credentials.ts';
import { type Asker, identify } from './identify.ts';
import { effectOf, type OriginRules, sourceOf } from './origin-rules.ts';
import { COOKIE_AGE_S, type PageSessions } from './page-sessions.ts';

declare module 'fastify' {
  interface FastifyRequest {
    asker: Asker;
  }
  interface FastifyContextConfig {
    /** What a GET gives out can be shown by pages that do not read it, such as images: not by those of other origins. */
    keepsFromPages?: boolean;
  }
}

export const COOKIE = 'crosscomm_session';

/** Finds out of each request what it brings along, before its route is asked. Call it before other hooks that need it. */
export function knowAskers(
  app: FastifyInstance,
  { context, rules, sessions }: { context: SessionContext; rules: OriginRules; sessions: PageSessions },
): void {
  app.decorateRequest('asker');
  app.addHook('onRequest', async (request, reply) => {
    request.asker = askerOf(request, reply, rules, sessions);
    const { page, secret } = request.asker;
    // It was let this far for its token alone, and not every route asks who it is.
    if (page !== undefined && secret !== undefined) await identify(context, request.asker);
  });
}

function askerOf(request: FastifyRequest, reply: FastifyReply, rules: OriginRules, sessions: PageSessions): Asker {
  const { headers, ip, socket } = request;
  const source = sourceOf(headers);
  const { getActs = false, keepsFromPages = false } = request.routeOptions.config;
  const effect = effectOf(request.method, getActs);
  const { remoteAddress, remotePort } = socket;
  const address = remoteAddress === ip && isFromHere(socket) ? THIS_MACHINE : ip;
  const asker: Asker = {
    peer: isIP(address) === 6 ? `[${address}]:${remotePort ?? 0}` : `${address}:${remotePort ?? 0}`,
    isRemote: remoteAddress !== ip || PROXY_HEADERS.some((name) => headers[name] !== undefined),
    page: effect === 'act' || keepsFromPages ? rules.foreignPage(source, effect) : undefined,
  };
  const given = readAuthorization(headers);
  if (given?.scheme === 'bearer') return { ...asker, secret: given.secret, insists: true };
  // What a browser adds by itself says nothing of the page that asks.
  if (!rules.maySignIn(source, effect)) return asker;
  if (given) return { ...asker, account: given.account, secret: given.secret };
  const certificate = certificateOf(socket);
  if (certificate !== undefined) return { ...asker, certificate };
  const signedIn = whoSignedIn(headers, sessions, reply.raw);
  if (signedIn === undefined) return asker;
  setCookie(request, reply, readCookie(headers, COOKIE) as string);
  return { ...asker, signedIn };
}

/**
 * Who is signed in where a request has the cookie of a session, which is used by that until `connection` closes. Ask
 * `OriginRules.maySignIn` before.
 */
export function whoSignedIn(
  headers: IncomingHttpHeaders,
  sessions: PageSessions,
  connection: Pick<EventEmitter, 'once'>,
): Principal | undefined {
  const cookie = readCookie(headers, COOKIE);
  return cookie === undefined ? undefined : sessions.find(cookie, connection);
}

/** Gives the browser the cookie of its session; '' takes it away. */
export function setCookie(request: FastifyRequest, reply: FastifyReply, secret: string): void {
  const age = secret === '' ? 0 : COOKIE_AGE_S;
  reply.removeHeader('set-cookie');
  const secure = request.protocol === 'https' ? '; Secure' : '';
  void reply.header('set-cookie', `${COOKIE}=${secret}; Path=/; Max-Age=${age}; HttpOnly; SameSite=Strict${secure}`);
}
