import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import type { Principal } from '../access/principal.ts';
import { decodeString, type RawMember } from '../common/json/scan.ts';
import type { SessionContext } from '../protocols/context.ts';
import { COOKIE, setCookie } from './askers.ts';
import { readBodiesAsMembers } from './body.ts';
import { readCookie } from './credentials.ts';
import { identify, UNAUTHORIZED } from './identify.ts';
import type { OriginRules } from './origin-rules.ts';
import { sourceOf } from './origin-rules.ts';
import type { PageSessions } from './page-sessions.ts';
import { RequestError } from './request-error.ts';

/** Who is asking, as a page shows it. */
export interface SignedIn {
  /** null: without an account. */
  account: string | null;
  proof: Principal['proof'];
  /** Whether it may use the operator's functions. */
  mayOperate: boolean;
}

export interface SessionRoutesOptions {
  context: SessionContext;
  sessions: PageSessions;
  rules: OriginRules;
}

/**
 * Signing in and out with a browser: `POST /api/v1/session` with `{"account", "password"}` (or an Authorization header), `DELETE`, and `GET`
 * for who is signed in: a `SignedIn`.
 */
export function sessionRoutes({ context, sessions, rules }: SessionRoutesOptions): FastifyPluginCallback {
  const { access } = context;
  const describe = (principal: Principal): SignedIn => ({
    account: principal.account ?? null,
    proof: principal.proof,
    mayOperate: access.mayOperate(principal),
  });
  return (app, _options, done) => {
    readBodiesAsMembers(app);
    app.addHook('onSend', (_request, reply, _payload, next) => {
      void reply.header('cache-control', 'no-store');
      next();
    });
    app.get('/api/v1/session', async (request) => describe(await identify(context, request.asker)));
    app.post('/api/v1/session', async (request, reply) => {
      if (!rules.maySignIn(sourceOf(request.headers), 'act')) {
        throw new RequestError(
          'PEER_NOT_ALLOWED',
          'A page of another origin cannot sign in with a cookie; let it send a token.',
        );
      }
      const { peer, isRemote, ...brought } = request.asker;
      const account = fieldOf(request, 'account');
      const secret = fieldOf(request, 'password');
      const given = secret === undefined ? brought : { account, secret };
      const principal = await identify(
        context,
        { peer, isRemote, ...given, insists: true },
        ({ why }) => `${upper(why)}.`,
      );
      if (principal.account === undefined) {
        const message = 'Sign in with {"account": "NAME", "password": "PASSWORD OR TOKEN"}.';
        throw new RequestError('PEER_NOT_ALLOWED', message, UNAUTHORIZED);
      }
      end(request);
      setCookie(request, reply, sessions.open(principal));
      return describe(principal);
    });
    app.delete('/api/v1/session', async (request, reply) => {
      end(request);
      setCookie(request, reply, '');
      return reply.code(204).send();
    });
    done();
  };

  function end(request: FastifyRequest): void {
    const cookie = readCookie(request.headers, COOKIE);
    if (cookie !== undefined) sessions.close(cookie);
  }
}

function fieldOf(request: FastifyRequest, name: string): string | undefined {
  const members = (request.body as RawMember[] | undefined | null) ?? [];
  const raw = members.find((member) => member.name === name)?.raw;
  if (raw === undefined) return undefined;
  if (raw.startsWith('"')) return decodeString(raw);
  throw new RequestError('PEER_MALFORMED', `"${name}" must be a string.`);
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
