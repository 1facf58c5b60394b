import type { Automation } from './automation.ts';
import { type Activity, Engine, type EngineParts, type Moment } from './engine.ts';
import type { PastMessage } from './past.ts';

/** A message that an automation would have sent. */
export interface Firing {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly automation: string;
  readonly to: string;
  readonly body: string;
}

/** What would have come of one automation. */
export interface Outcome extends Readonly<Activity> {
  readonly name: string;
  /** Why it could not send, each reason once. */
  readonly faults: readonly string[];
}

export interface DryRun {
  /** How many messages were looked at. */
  readonly messages: number;
  /** The first ones. */
  readonly firings: readonly Firing[];
  readonly hasMore: boolean;
  readonly automations: readonly Outcome[];
}

export interface DryRunParts extends Pick<EngineParts, 'maxBytes' | 'mayHear'> {
  /** What sending a message would come to. */
  outcome(automation: Automation, to: string): 'heard' | 'direct' | 'refused';
  /** The minute of the day of a time on the wall, in the zone of the machine. */
  minuteOf(wallMs: number): number;
}

const MAX_FIRINGS = 500;
const MAX_FAULTS = 5;
const MAX_BODY_LENGTH = 500;

/** What automations would have sent for messages of the past, up to `end`. Nothing is sent; it is as if nothing had been heard before. */
export function dryRun(
  automations: readonly Automation[],
  past: Iterable<PastMessage>,
  end: Moment,
  parts: DryRunParts,
): DryRun {
  const firings: Firing[] = [];
  let fired = 0;
  const faults = new Map<string, Set<string>>();
  const engine = new Engine(automations, {
    maxBytes: parts.maxBytes,
    mayHear: parts.mayHear,
    send(automation, { to, body, timestampMs }) {
      const outcome = parts.outcome(automation, to);
      if (outcome === 'refused') {
        note(automation.config.name, `it may not send to ${to}`);
        return outcome;
      }
      if (fired++ < MAX_FIRINGS) {
        firings.push({ atMs: timestampMs, automation: automation.config.name, to, body: shown(body) });
      }
      return outcome;
    },
    report: ({ config: { name } }, _fault, detail) => note(name, detail),
  });
  function note(name: string, detail: string): void {
    const known = faults.get(name) ?? new Set();
    faults.set(name, known);
    if (known.size < MAX_FAULTS) known.add(detail);
  }
  let messages = 0;
  let last: Moment | undefined;
  for (const { message, moment } of past) {
    passUntil(engine, last, moment, parts.minuteOf);
    engine.hear(message, moment);
    last = moment;
    messages++;
  }
  passUntil(engine, last, end, parts.minuteOf);
  const outcomes = [...engine].map(({ automation: { config }, activity }) => {
    return { name: config.name, ...activity, faults: [...(faults.get(config.name) ?? [])] };
  });
  return { messages, firings, hasMore: fired > firings.length, automations: outcomes };
}

/** Has an engine do what was due between two moments, each thing at its time. */
function passUntil(engine: Engine, last: Moment | undefined, next: Moment, minuteOf: DryRunParts['minuteOf']): void {
  if (last === undefined) return;
  for (let due = engine.dueMs; due !== undefined && due <= next.nowMs; due = engine.dueMs) {
    const wallMs = last.wallMs + (due - last.nowMs);
    engine.tick({ nowMs: due, wallMs, minute: last.minute === undefined ? undefined : minuteOf(wallMs) });
  }
}

function shown(body: string | Uint8Array): string {
  const text = typeof body === 'string' ? body : `${body.length} bytes`;
  return text.length > MAX_BODY_LENGTH ? `${text.slice(0, MAX_BODY_LENGTH)} ...` : text;
}
