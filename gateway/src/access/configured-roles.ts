import type { Role } from './roles.ts';
import type { Action, Rule } from './rules.ts';

/** A rule as the configuration has it: one of `allow` and `deny` names what it is about. */
export interface ConfiguredRule {
  allow?: Action | readonly Action[] | undefined;
  deny?: Action | readonly Action[] | undefined;
  topics?: readonly string[] | undefined;
}

/** The roles of the configuration, `auth.roles`. */
export function configuredRoles(roles: Readonly<Record<string, readonly ConfiguredRule[]>>): Role[] {
  return Object.entries(roles).map(([name, rules]) => ({ name, rules: rules.map(ruleOf), readsInboxes: false }));
}

function ruleOf({ allow, deny, topics }: ConfiguredRule): Rule {
  const about = allow ?? deny ?? [];
  return {
    effect: allow === undefined ? 'deny' : 'allow',
    actions: typeof about === 'string' ? [about] : about,
    ...(topics === undefined ? {} : { topics }),
  };
}
