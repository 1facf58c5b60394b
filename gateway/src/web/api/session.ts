import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Principal } from '../../access/principal.ts';
import { decodeString, type RawMember } from '../../common/json/scan.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { COOKIE, setCookie } from '../askers.ts';
import { readCookie } from '../credentials.ts';
import { identify, UNAUTHORIZED } from '../identify.ts';
import { type OriginRules, sourceOf } from '../origin-rules.ts';
import type { PageSessions } from '../page-sessions.ts';
import { RequestError } from '../request-error.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { lazy, type Output } from './schema.ts';

export interface SessionRoutesOptions {
  context: SessionContext;
  sessions: PageSessions;
  rules: OriginRules;
}

const signedIn = lazy(() =>
  z
    .strictObject({
      account: z.string().nullable().describe('null: without an account'),
      proof: z.enum(['none', 'password', 'token', 'certificate', 'key', 'cable', 'operator']),
      mayOperate: z.boolean().describe("whether it may use the operator's functions"),
    })
    .meta({ id: 'SignedIn' }),
);
const signInBody = lazy(() =>
  z.strictObject({
    account: z.string().optional(),
    password: z.string().optional().describe('or a token; without it, the Authorization header counts'),
  }),
);

/** Signing in and out with a browser, and who is signed in. */
export function sessionRoutes({ context, sessions, rules }: SessionRoutesOptions): ApiRoute[] {
  const { access } = context;
  const describe = (principal: Principal): Output<typeof signedIn> => ({
    account: principal.account ?? null,
    proof: principal.proof,
    mayOperate: access.mayOperate(principal),
  });
  const end = (request: FastifyRequest): void => {
    const cookie = readCookie(request.headers, COOKIE);
    if (cookie !== undefined) sessions.close(cookie);
  };
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/session',
        summary: 'Who is asking.',
        needs: 'see',
        answers: { 200: signedIn },
      },
      ({ viewer }) => describe(viewer.principal),
    ),
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/session',
        summary: 'Signs in with a browser, which gets a cookie.',
        needs: 'anybody',
        body: signInBody,
        readsMembers: true,
        answers: { 200: signedIn },
      },
      async ({ request, reply }) => {
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
      },
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/session',
        summary: 'Signs out; what was opened by that session ends.',
        needs: 'anybody',
        readsMembers: true,
        answers: { 204: undefined },
      },
      ({ request, reply }) => {
        end(request);
        setCookie(request, reply, '');
        return undefined;
      },
    ),
  ];
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
