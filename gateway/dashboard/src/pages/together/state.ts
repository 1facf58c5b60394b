import type { Behaviour } from '../../api/types.ts';
import { formatCount } from '../../language/format.ts';
import { t } from '../../language/language.ts';

/** A value of any kind is shown up to here. */
const MAX_LENGTH = 200;

type Fact = readonly [string, string];

/** How it stands with a behaviour that is no table. */
export function factsOf({ kind, state }: Behaviour): Fact[] {
  switch (kind) {
    case 'leader':
      return [[t.together.leads, state.name === null ? t.together.nobody : textOf(state.name)]];
    case 'sync':
      return [
        [t.together.beat, textOf(state.beat)],
        [t.together.period, t.together.milliseconds(textOf(state.periodMs))],
      ];
    case 'consensus':
      return state.value === null ? [[t.together.agreed, t.together.nothing]] : agreedOf(state);
    case 'poll':
      return state.open === null ? closedOf(state) : openOf(state);
    default:
      return [];
  }
}

/** The members of a table, the first fifty, with what each has said. */
export function membersOf({ state }: Behaviour): Fact[] {
  return Object.entries((state.members ?? {}) as Record<string, unknown>).map(([name, value]) => [
    name,
    shownOf(value),
  ]);
}

function agreedOf({ value, from }: Behaviour['state']): Fact[] {
  return [
    [t.together.agreed, textOf(value)],
    [t.together.calledBy, textOf(from)],
  ];
}

function openOf({ open, votes, leftMs, quorum }: Behaviour['state']): Fact[] {
  return [
    [t.together.question, textOf(open)],
    [t.together.votes, t.together.votesOf(formatCount(Number(votes)), formatCount(Math.max(1, Number(quorum))))],
    [t.together.left, t.together.seconds(formatCount(Math.ceil(Number(leftMs) / 1000)))],
  ];
}

function closedOf({ question, result, votes, counts }: Behaviour['state']): Fact[] {
  if (question === undefined) return [[t.together.question, t.together.nothing]];
  return [
    [t.together.question, textOf(question)],
    [t.together.result, result === null ? t.together.noResult : textOf(result)],
    [t.together.votes, formatCount(Number(votes))],
    [t.together.counts, shownOf(counts)],
  ];
}

/** `mood 3, text hello` of an object, and any other value as it is. */
function shownOf(value: unknown): string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return textOf(value);
  const fields = Object.entries(value).map(([name, field]) => `${name} ${textOf(field)}`);
  return cut(fields.join(', '));
}

function textOf(value: unknown): string {
  return cut(typeof value === 'string' ? value : JSON.stringify(value));
}

function cut(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)} ...` : text;
}
