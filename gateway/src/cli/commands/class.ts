import { randomInt } from 'node:crypto';
import type { AccountDesk, AccountView } from '../../access/account-desk.ts';
import {
  CLASS_ROLE,
  type ClassMode,
  classMode,
  classRules,
  joinCode,
  teamIds,
  teamName,
  teamOrder,
} from '../../access/class-role.ts';
import type { Desks } from '../../app/people.ts';
import { printable } from '../../common/printable.ts';
import type { ClassView } from '../../web/api/classroom.ts';
import { type DeskOptions, withDesks } from '../account-place.ts';
import { type PageAddress, pageAddress } from '../page-address.ts';
import { reachOf } from '../reach.ts';
import { callOf, EXIT, type Shell, say, UsageError, warn } from '../shell.ts';
import { sayTable } from '../table.ts';

export interface ClassOptions extends DeskOptions {
  json?: boolean;
}

export interface ClassStartOptions extends ClassOptions {
  teams: string;
  minutes: string;
}

/** A class is one room of people; more teams than that are no class. */
const MAX_TEAMS = 100;
/** A class that lasts for days, such as a project week. */
const MAX_MINUTES = 14 * 24 * 60;

/** A team with its join code, which is shown this once. */
interface NewTeam {
  team: string;
  code: string;
  expires: string;
}

/** `crosscomm class start`: makes the teams' accounts, all or none of them. */
export async function classStart(shell: Shell, options: ClassStartOptions): Promise<number> {
  const count = wholeNumber('--teams', options.teams, MAX_TEAMS);
  const minutes = wholeNumber('--minutes', options.minutes, MAX_MINUTES);
  const expiresMs = Date.now() + minutes * 60_000;
  const names = Array.from({ length: count }, (_, index) => teamName(index + 1));
  const teams = await withDesks(shell, options, async (desks) => {
    await refuseSecondClass(shell, desks, names);
    await desks.roles.set(CLASS_ROLE, classRules('closed'));
    return await addTeams(desks, names, expiresMs);
  });
  if (options.json) {
    for (const team of teams) say(shell, JSON.stringify(team));
    return EXIT.fine;
  }
  say(shell, `The class has ${teams.length} teams, until ${teams[0]?.expires}. Their join codes are not shown again:`);
  sayTable(
    shell,
    ['TEAM', 'JOIN CODE'],
    teams.map(({ team, code }) => [team, code]),
  );
  const [{ team, code } = { team: '', code: '' }] = teams;
  say(
    shell,
    `A client of ${team} gives ${team} as its user name and the code as its password; OOCSI: ${team}/lamp:${code}.`,
  );
  say(shell, `Its channel kitchen is ${team}/kitchen for everyone else. All teams share the channels class/....`);
  await showPage(shell, options);
  return EXIT.fine;
}

/** Where teams see the dashboard with their name and code, for phones; nothing where no gateway runs, or only this machine reaches it. */
async function showPage(shell: Shell, options: ClassOptions): Promise<void> {
  const reach = await reachOf(shell, options);
  // Without a proof it may be any gateway.
  if (reach.secret === undefined) return;
  const { address } = await pageAddress(shell, reach, options).catch((): PageAddress => ({}));
  if (address === undefined) return;
  if (shell.stdout.isTTY) say(shell, (await import('../qr-text.ts')).qrText(address));
  say(shell, `The page for teams, who sign in with their name and code: ${address}`);
}

/** `crosscomm class status`: which teams there are, until when, and what they may do. */
export async function classStatus(shell: Shell, options: ClassOptions): Promise<number> {
  const { teams, mode, view } = await withDesks(shell, { ...options, isReading: true }, async (desks) => {
    const found = await teamsOf(desks.accounts);
    if (found.length === 0) return { teams: found, mode: undefined, view: undefined };
    return { teams: found, mode: await modeOf(desks), view: await desks.classroom?.view() };
  });
  const seen = new Map(view?.teams.map((each) => [each.team, each]));
  const [first] = teams;
  if (options.json) {
    const each = teams.map(({ account, expires }) => ({ team: account, expires, ...seen.get(account) }));
    say(shell, JSON.stringify({ mode: mode ?? null, teams: each }));
  } else if (first === undefined) {
    say(shell, `There is no class; ${callOf(shell.env, 'class start --teams 8 --minutes 90')} starts one.`);
  } else {
    say(shell, mode === undefined ? `The role ${CLASS_ROLE} has other rules than a class has.` : SAYS[mode]);
    const until = ({ account, expires }: AccountView): string[] => [account, expires ?? 'never'];
    if (view === undefined) sayTable(shell, ['TEAM', 'UNTIL'], teams.map(until));
    else {
      const rows = teams.map((team) => [...until(team), ...doing(seen.get(team.account))]);
      sayTable(shell, ['TEAM', 'UNTIL', 'CLIENTS', 'LAST MESSAGE', 'NAMES WANTED TWICE'], rows);
    }
  }
  return EXIT.fine;
}

/** How many clients of a team are online, how long ago it said something, and which names several of them want. */
function doing(team: ClassView['teams'][number] | undefined): string[] {
  const { clients = [], lastMessageMs = null, sharedIds = [] } = team ?? {};
  const minutes = lastMessageMs === null ? undefined : Math.max(0, Math.floor((Date.now() - lastMessageMs) / 60_000));
  const last = minutes === undefined ? 'none yet' : minutes === 0 ? 'now' : `${minutes} min ago`;
  return [String(clients.length), last, printable(sharedIds.join(', '))];
}

/** `crosscomm class clear`: removes what is retained on the channels of the class. */
export async function classClear(shell: Shell, options: ClassOptions): Promise<number> {
  const cleared = await withDesks(shell, options, async ({ classroom }) => {
    if (classroom === undefined) throw new UsageError('What channels retain is removed while the gateway runs.');
    return await classroom.clear();
  });
  const done = cleared.length === 0 ? 'Nothing was retained.' : `Cleared ${printable(cleared.join(', '))}.`;
  say(shell, options.json ? JSON.stringify({ cleared }) : done);
  return EXIT.fine;
}

/** `crosscomm class open`, `close` and `freeze`: what the teams may do from now on, in connections that are open too. */
export async function classTurn(shell: Shell, mode: ClassMode, options: ClassOptions): Promise<number> {
  await withDesks(shell, options, async (desks) => {
    await presentTeams(shell, desks);
    if (desks.classroom) await desks.classroom.setMode(mode);
    else await desks.roles.set(CLASS_ROLE, classRules(mode));
  });
  say(shell, options.json ? JSON.stringify({ mode }) : SAYS[mode]);
  return EXIT.fine;
}

/** `crosscomm class end`: removes the teams' accounts, which disconnects their clients, and their role. */
export async function classEnd(shell: Shell, options: ClassOptions): Promise<number> {
  const names = await withDesks(shell, options, async (desks) => {
    const teams = (await presentTeams(shell, desks)).map(({ account }) => account);
    // Those of the next class are no heirs of it.
    await desks.classroom?.clear();
    await removeAll(desks.accounts, teams);
    await desks.roles.remove(CLASS_ROLE);
    return teams;
  });
  say(shell, options.json ? JSON.stringify({ ended: names }) : `The class is over: removed ${names.join(', ')}.`);
  return EXIT.fine;
}

const SAYS: Record<ClassMode, string> = {
  closed: 'Teams talk among themselves; they hear the channels class/... and do not send there.',
  open: 'The shared space is open: all teams send to the channels class/..., too.',
  frozen: 'The class is frozen: teams hear, and send nothing.',
};

function wholeNumber(flag: string, text: string, most: number): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= most) return number;
  throw new UsageError(`${flag} is a whole number from 1 to ${most}.`);
}

/** The accounts with the role of teams, in the order of their numbers. */
async function teamsOf(accounts: AccountDesk): Promise<AccountView[]> {
  const teams = (await accounts.list()).filter(({ roles }) => roles.includes(CLASS_ROLE));
  return teams.sort((one, other) => teamOrder(one.account, other.account));
}

async function presentTeams(shell: Shell, { accounts }: Desks): Promise<AccountView[]> {
  const teams = await teamsOf(accounts);
  if (teams.length > 0) return teams;
  throw new UsageError(`There is no class; ${callOf(shell.env, 'class start')} starts one.`);
}

async function modeOf({ roles }: Desks): Promise<ClassMode | undefined> {
  const found = (await roles.list()).find(({ role }) => role === CLASS_ROLE);
  return found && classMode(found.rules);
}

async function refuseSecondClass(shell: Shell, { accounts, roles }: Desks, names: readonly string[]): Promise<void> {
  const teams = await teamsOf(accounts);
  if (teams.length > 0) {
    const end = callOf(shell.env, 'class end');
    throw new UsageError(`There is a class with ${teams.length} teams, in time or over: "${end}" removes it first.`);
  }
  const role = (await roles.list()).find((each) => each.role === CLASS_ROLE);
  if (role !== undefined && (role.source !== 'command' || classMode(role.rules) === undefined)) {
    throw new UsageError(`There is a role ${CLASS_ROLE} of yours, which a class needs: give yours another name.`);
  }
  const present = new Set((await accounts.list()).map(({ account }) => account));
  const taken = names.filter((name) => present.has(name));
  if (taken.length > 0) {
    throw new UsageError(`There are accounts that teams would be called: ${taken.join(', ')}. Remove them first.`);
  }
  if (present.size === 0) {
    warn(
      shell,
      'These are the first accounts of this gateway: a client that gives a user name must give a right one now.',
    );
  }
}

/** Where one cannot be made, those that were are removed again, so that no code is lost that nobody has seen. */
async function addTeams({ accounts }: Desks, names: readonly string[], expiresMs: number): Promise<NewTeam[]> {
  const made: NewTeam[] = [];
  const expires = new Date(expiresMs).toISOString();
  try {
    for (const team of names) {
      const code = joinCode((end) => randomInt(end));
      await accounts.add({
        name: team,
        roles: [CLASS_ROLE],
        ids: teamIds(team),
        namespace: team,
        expiresMs,
        password: code,
      });
      made.push({ team, code, expires });
      // The code is a team's one secret.
      await accounts.revokeTokens(team);
    }
  } catch (error) {
    await removeAll(
      accounts,
      made.map(({ team }) => team),
    );
    throw error;
  }
  return made;
}

async function removeAll(accounts: AccountDesk, names: readonly string[]): Promise<void> {
  for (const name of names) await accounts.remove(name);
}
