import type { FastifyPluginCallback } from 'fastify';
import type { RoleDesk } from '../../access/role-desk.ts';
import { roleNameSchema, rulePlace } from '../../config/auth.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { validated } from '../validated.ts';
import { operatorsRoute } from './operators-route.ts';
import * as schemas from './schemas.ts';

const ROLES = '/api/v1/roles';

/** What a part of a role is called: `role greenhouse, rule 1, allow`. */
function placeOf(role: string | undefined, [first, ...rest]: readonly PropertyKey[]): string {
  return first === 'rules' && rest.length > 0 ? `role ${role}, ${rulePlace(rest)}` : [first, ...rest].join('.');
}

/** For whoever may operate the gateway: roles, below `/api/v1/roles`. */
export function roleRoutes({ context, desk }: { context: SessionContext; desk: RoleDesk }): FastifyPluginCallback {
  return (app, _options, done) => {
    const route = operatorsRoute(context, 'role');
    app.get(
      ROLES,
      route(undefined, async () => ({ roles: await desk.list() })),
    );
    app.get(
      `${ROLES}/:name`,
      route(undefined, (_, { name }) => desk.show(name)),
    );
    app.put(
      `${ROLES}/:name`,
      route('role set', ({ body }, { name }) =>
        desk.set(
          validated(roleNameSchema, name),
          validated(schemas.roleBody, body, (path) => placeOf(name, path)).rules,
        ),
      ),
    );
    app.delete(
      `${ROLES}/:name`,
      route('role removed', (_, { name }) => desk.remove(name)),
    );
    done();
  };
}
