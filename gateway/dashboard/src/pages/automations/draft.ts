/** An automation as the configuration has it. */
export type Definition = Record<string, unknown>;

export type Edge = 'none' | 'rising' | 'falling';

/** What the form has of an automation, as texts. */
export interface Draft {
  name: string;
  when: string;
  if: string;
  edge: Edge;
  holdS: string;
  pauseS: string;
  channel: string;
  body: string;
}

export const EMPTY: Draft = {
  name: '',
  when: '',
  if: '',
  edge: 'rising',
  holdS: '',
  pauseS: '',
  channel: '',
  body: '',
};

/** What the form begins with for one that is there. */
export function draftOf(definition: Definition): Draft {
  const [first = {}] = (definition.send ?? []) as { channel?: string; body?: unknown }[];
  return {
    name: String(definition.name ?? ''),
    when: String(definition.when ?? ''),
    if: String(definition.if ?? ''),
    edge: (definition.edge ?? 'none') as Edge,
    holdS: secondsOf(definition.holdMs),
    pauseS: secondsOf(definition.pauseMs),
    channel: first.channel ?? '',
    body: bodyText(first.body),
  };
}

/** The automation that a form describes; what the form has no field for stays as it was `before`. */
export function definitionOf(draft: Draft, before: Definition = {}): Definition {
  const { if: _if, send, ...rest } = before;
  const [, ...others] = (send ?? []) as object[];
  const body = draft.body.trim();
  const condition = draft.if.trim();
  return {
    ...rest,
    name: draft.name.trim(),
    when: draft.when.trim(),
    ...(condition === '' ? {} : { if: condition }),
    edge: draft.edge,
    holdMs: millisecondsOf(draft.holdS),
    pauseMs: millisecondsOf(draft.pauseS),
    send: [{ channel: draft.channel.trim(), ...(body === '' ? {} : { body: bodyOf(body) }) }, ...others],
  };
}

/** An object or a list is meant where it is one, any other text as it stands. */
function bodyOf(text: string): unknown {
  try {
    const read: unknown = JSON.parse(text);
    return typeof read === 'object' ? read : text;
  } catch {
    return text;
  }
}

function bodyText(body: unknown): string {
  if (body === undefined) return '';
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function secondsOf(ms: unknown): string {
  return typeof ms === 'number' && ms > 0 ? String(ms / 1000) : '';
}

function millisecondsOf(seconds: string): number {
  return Math.round(Number(seconds.trim() || 0) * 1000);
}
