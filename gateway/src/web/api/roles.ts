import { z } from 'zod';
import type { RoleDesk } from '../../access/role-desk.ts';
import { roleNameSchema, rulePlace } from '../../config/auth.ts';
import { validated } from '../validated.ts';
import * as bodies from './account-bodies.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { lazy } from './schema.ts';

const NAME = { name: 'the role' };

const about = () => z.union([z.string(), z.array(z.string()).readonly()]).optional();
const role = lazy(() =>
  z
    .strictObject({
      role: z.string(),
      source: z.enum(['built in', 'configuration', 'command']),
      rules: z
        .array(z.strictObject({ allow: about(), deny: about(), topics: z.array(z.string()).readonly().optional() }))
        .readonly()
        .describe('as in auth.roles of the configuration'),
      accounts: z.array(z.string()).readonly().describe('those that have it'),
    })
    .meta({ id: 'Role' }),
);
const list = lazy(() => z.strictObject({ roles: z.array(role()) }));

const log = (what: string) => ({ what, subject: 'role' });

/** What a part of a role is called: `role greenhouse, rule 1, allow`. */
function placeOf(name: string | undefined, [first, ...rest]: readonly PropertyKey[]): string {
  return first === 'rules' && rest.length > 0 ? `role ${name}, ${rulePlace(rest)}` : [first, ...rest].join('.');
}

/** For whoever may operate the gateway: roles. */
export function roleRoutes(desk: RoleDesk): ApiRoute[] {
  return [
    apiRoute(
      { method: 'GET', path: '/api/v1/roles', summary: 'All roles.', needs: 'operate', answers: { 200: list } },
      async () => ({ roles: await desk.list() }),
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/roles/:name',
        summary: 'One role, with the accounts that have it.',
        needs: 'operate',
        params: NAME,
        answers: { 200: role },
      },
      ({ params: { name } }) => desk.show(name),
    ),
    apiRoute(
      {
        method: 'PUT',
        path: '/api/v1/roles/:name',
        summary: 'Makes a role, or gives it other rules, which hold at once.',
        needs: 'operate',
        params: NAME,
        body: bodies.role,
        partName: (path, { name }) => placeOf(name, path),
        answers: { 200: role },
        logs: log('role set'),
      },
      ({ params: { name }, body: { rules } }) => desk.set(validated(roleNameSchema, name), rules),
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/roles/:name',
        summary: 'Removes a role, which gives nothing then to those that have it.',
        needs: 'operate',
        params: NAME,
        answers: { 200: role },
        logs: log('role removed'),
      },
      ({ params: { name } }) => desk.remove(name),
    ),
  ];
}
