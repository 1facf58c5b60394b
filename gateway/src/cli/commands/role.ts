import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import type { ConfiguredRule } from '../../access/configured-roles.ts';
import type { RoleView } from '../../access/role-desk.ts';
import { printable } from '../../common/printable.ts';
import { roleNameSchema, rulePlace, rulesSchema } from '../../config/auth.ts';
import { type DeskOptions, withDesks } from '../account-place.ts';
import { allOfInput } from '../secret-input.ts';
import { EXIT, paintOf, type Shell, say, UsageError } from '../shell.ts';
import { sayTable } from '../table.ts';

export interface RoleOptions extends DeskOptions {
  json?: boolean;
}

const MAX_RULES_BYTES = 1024 * 1024;

/** `crosscomm role list`. */
export async function roleList(shell: Shell, options: RoleOptions): Promise<number> {
  const roles = await withDesks(shell, { ...options, isReading: true }, (desks) => desks.roles.list());
  if (options.json) {
    for (const role of roles) say(shell, JSON.stringify(role));
    return EXIT.fine;
  }
  const row = ({ role, source, accounts, rules }: RoleView): string[] => [
    role,
    source,
    String(accounts.length),
    rules.map(ruleText).join('; '),
  ];
  sayTable(shell, ['ROLE', 'FROM', 'ACCOUNTS', 'RULES'], roles.map(row));
  return EXIT.fine;
}

/** `crosscomm role show`. */
export async function roleShow(shell: Shell, name: string, options: RoleOptions): Promise<number> {
  return tellOf(
    shell,
    await withDesks(shell, { ...options, isReading: true }, ({ roles }) => roles.show(name)),
    options,
  );
}

/** `crosscomm role set`: makes a role, or gives it other rules. */
export async function roleSet(
  shell: Shell,
  name: string,
  options: RoleOptions & { allow?: string[]; deny?: string[]; rules?: string },
): Promise<number> {
  const { allow = [], deny = [], rules: file } = options;
  const written = file === undefined ? [] : await readRules(shell, file);
  const named = roleNameSchema.safeParse(name);
  if (!named.success) throw new UsageError(`"${printable(name)}" is no name for a role: ${faultOf(named.error)}.`);
  const rules = rulesSchema.safeParse([
    ...written,
    ...allow.map((text) => ruleOf('allow', text)),
    ...deny.map((text) => ruleOf('deny', text)),
  ]);
  if (!rules.success) {
    const faults = faultOf(rules.error, (path) => `${rulePlace(path)} must be `);
    throw new UsageError(`The role ${name} cannot be made: ${faults}.`);
  }
  if (rules.data.length === 0) throw new UsageError('A role needs rules: --allow, --deny or --rules FILE.');
  return tellOf(shell, await withDesks(shell, options, ({ roles }) => roles.set(name, rules.data)), options);
}

/** `crosscomm role remove`. */
export async function roleRemove(shell: Shell, name: string, options: RoleOptions): Promise<number> {
  const role = await withDesks(shell, options, ({ roles }) => roles.remove(name));
  if (options.json) {
    say(shell, JSON.stringify(role));
    return EXIT.fine;
  }
  const had = role.accounts.length === 0 ? '' : ` It gives nothing any more to ${role.accounts.join(', ')}.`;
  say(shell, `Removed the role ${name}.${had}`);
  return EXIT.fine;
}

/** `send,subscribe=lab/#,shared/+`: actions, and the topic filters that they are about. */
function ruleOf(effect: 'allow' | 'deny', text: string): unknown {
  const at = text.indexOf('=');
  const actions = (at < 0 ? text : text.slice(0, at)).split(',');
  return { [effect]: actions, ...(at < 0 ? {} : { topics: text.slice(at + 1).split(',') }) };
}

async function readRules(shell: Shell, file: string): Promise<unknown[]> {
  let rules: unknown;
  try {
    const text =
      file === '-' ? await allOfInput(shell, MAX_RULES_BYTES) : readFileSync(resolve(shell.cwd, file), 'utf8');
    // JSON is YAML too.
    rules = parse(text);
  } catch (error) {
    throw new UsageError(`The rules in ${printable(file)} cannot be read: ${(error as Error).message}`);
  }
  if (Array.isArray(rules)) return rules;
  throw new UsageError(`${printable(file)} has no list of rules, such as [{allow: send, topics: [lab/#]}].`);
}

function tellOf(shell: Shell, role: RoleView, { json }: RoleOptions): number {
  if (json) {
    say(shell, JSON.stringify(role));
    return EXIT.fine;
  }
  const { source, accounts, rules } = role;
  say(shell, `${paintOf(shell).bold(role.role)} (${source})${accounts.length === 0 ? '' : `: ${accounts.join(', ')}`}`);
  for (const rule of rules) say(shell, `  ${ruleText(rule)}`);
  return EXIT.fine;
}

function ruleText({ allow, deny, topics }: ConfiguredRule): string {
  const about = allow ?? deny ?? [];
  const actions = typeof about === 'string' ? about : about.join(',');
  return printable(`${allow === undefined ? 'deny' : 'allow'} ${actions}${topics ? ` = ${topics.join(',')}` : ''}`);
}

/** The first faults of what is no role, as half a sentence. */
function faultOf(
  { issues }: { issues: readonly { path: readonly PropertyKey[]; message: string }[] },
  placeOf = (_path: readonly PropertyKey[]): string => '',
): string {
  return issues
    .slice(0, 3)
    .map(({ path, message }) => `${placeOf(path)}${message}`)
    .join('; ');
}
