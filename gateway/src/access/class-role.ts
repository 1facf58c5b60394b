import type { ConfiguredRule } from './configured-roles.ts';

/** The role of a class's teams. Whoever has it is one of them. */
export const CLASS_ROLE = 'class';

/** The space of all teams: the channels `class/...`. Its messages reach every team; who else may send there, the teacher says. */
const SHARED_SPACE = 'class/#';

/**
 * What teams may do at a moment. `closed`: talk within the team; `open`: also send to the shared space; `frozen`: only hear, so that the teacher
 * alone speaks.
 */
export const CLASS_MODES = ['closed', 'open', 'frozen'] as const;
export type ClassMode = (typeof CLASS_MODES)[number];

/** Whether this is a name of the shared space: a team that had it as its client id would get what is said there in place of all others. */
export function isSharedName(name: string): boolean {
  return name === 'class' || name.startsWith('class/');
}

/** What is a team's own: the channels, clients and objects below its name. */
const OWN_NAMES = ['%a', '%a/#'];
/** Where the gateway says who is there, to each only what it may know, and the client that is asked what a room does together. */
const SERVICES = ['OOCSI_clients', 'OOCSI_channels', 'OOCSI_connections', 'OOCSI_events', 'behaviours'];
const OWN_OBJECTS = [...OWN_NAMES, 'cross_comm/%a/#'];

/** The rules of the teams' role. */
export function classRules(mode: ClassMode): ConfiguredRule[] {
  const hearing: ConfiguredRule[] = [
    { allow: ['subscribe', 'presence'], topics: OWN_NAMES },
    { allow: ['read'], topics: OWN_OBJECTS },
    { allow: ['subscribe'], topics: [SHARED_SPACE, 'all', ...SERVICES] },
  ];
  if (mode === 'frozen') return hearing;
  const shared: ConfiguredRule[] = mode === 'open' ? [{ allow: ['send'], topics: [SHARED_SPACE] }] : [];
  return [
    ...hearing,
    { allow: ['send', 'call'], topics: [...OWN_NAMES, 'behaviours'] },
    { allow: ['upload'], topics: OWN_OBJECTS },
    ...shared,
  ];
}

/** Which mode these rules are of; undefined: of none, as somebody has changed them. */
export function classMode(rules: readonly ConfiguredRule[]): ClassMode | undefined {
  const text = JSON.stringify(rules);
  return CLASS_MODES.find((mode) => JSON.stringify(classRules(mode)) === text);
}

/** What a team is called. `number`: from 1. */
export function teamName(number: number): string {
  return `team${number}`;
}

/** Teams by their numbers: `team2` before `team10`. */
export function teamOrder(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true });
}

/** The client ids of a team beside its name and `team3-*`. */
export function teamIds(team: string): string[] {
  return [`${team}/*`];
}

/** Letters and digits that are not taken for one another on a blackboard. */
const CODE_LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const CODE_LENGTH = 10;

/**
 * A join code: 49 bits, for an account that is slowed after wrong ones and ends with the lesson.
 *
 * @param below a random whole number from 0 up to but not including its argument
 */
export function joinCode(below: (end: number) => number): string {
  return Array.from({ length: CODE_LENGTH }, () => CODE_LETTERS[below(CODE_LETTERS.length)]).join('');
}
