import { quote } from '../common/json/scan.ts';
import type { AutomationConfig } from '../config/automations.ts';
import { compileExpression, type Expression } from '../hub/functional/expression.ts';
import type { Fields } from '../hub/functional/fields.ts';
import { compileTemplate } from '../hub/functional/template.ts';
import type { Kind, Message } from '../hub/message.ts';

/** A message that an automation sends. */
export interface Output {
  readonly to: string;
  readonly kind: Kind;
  readonly body: string | Uint8Array;
}

type MakeBody = (fields: Fields, message: Message) => Omit<Output, 'to'> | undefined;

/** An automation, compiled. */
export interface Automation {
  readonly config: AutomationConfig;
  /** The condition for one channel, with windows of its own; undefined: always fulfilled. */
  condition(): Expression | undefined;
  /** What it sends for a message; the number of the one that cannot be made, from 1, where a value is missing. */
  outputs(fields: Fields, message: Message): Output[] | number;
  /** Minutes of the day from which and to which it works; undefined: always. */
  readonly between: readonly [fromMinute: number, toMinute: number] | undefined;
}

/** Functions that remember the values of a channel. */
const REMEMBERS = /\b(?:sum|mean|stdev|emin|emax)\s*\(/i;

/** Compiles an automation of a configuration that was checked. */
export function compileAutomation(config: AutomationConfig): Automation {
  const { between } = config;
  const text = config.if;
  const shared = text === undefined || REMEMBERS.test(text) ? undefined : compileExpression(text, undefined);
  const makers = config.send.map(({ channel, body }) => ({ to: compileTemplate(channel), body: compileBody(body) }));
  return {
    config,
    condition: () => shared ?? (text === undefined ? undefined : compileExpression(text, undefined)),
    outputs(fields, message) {
      const made: Output[] = [];
      for (const { to, body } of makers) {
        const channel = to.text(fields);
        const content = body(fields, message);
        if (channel === undefined || channel === '' || content === undefined) return made.length + 1;
        made.push({ to: channel, ...content });
      }
      return made;
    },
    between: between && [minuteOf(between[0]), minuteOf(between[1])],
  };
}

/** Whether a minute of the day lies in a time that may pass midnight; from and to the same: all day. */
export function isWithin(minute: number, [from, to]: readonly [number, number]): boolean {
  if (from === to) return true;
  return from < to ? minute >= from && minute < to : minute >= from || minute < to;
}

function minuteOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3));
}

function compileBody(body: unknown): MakeBody {
  if (body === undefined) return (_fields, { kind, body: own }) => ({ kind, body: own });
  if (typeof body === 'string') {
    const { text } = compileTemplate(body);
    return (fields) => {
      const written = text(fields);
      return written === undefined ? undefined : { kind: 'text', body: written };
    };
  }
  const write = compileValue(body);
  const kind = typeof body === 'object' && body !== null && !Array.isArray(body) ? 'dict' : 'json';
  return (fields) => {
    const written = write(fields);
    return written === undefined ? undefined : { kind, body: written };
  };
}

/** Writes a value of the configuration as JSON, with the values of a message in its texts. */
function compileValue(value: unknown): (fields: Fields) => string | undefined {
  if (typeof value === 'string') return compileTemplate(value).json;
  if (typeof value !== 'object' || value === null) {
    const text = JSON.stringify(value);
    return () => text;
  }
  const isList = Array.isArray(value);
  const parts = Object.entries(value).map(([name, inner]) => ({
    before: isList ? '' : `${quote(name)}:`,
    write: compileValue(inner),
  }));
  return (fields) => {
    const written: string[] = [];
    for (const { before, write } of parts) {
      const text = write(fields);
      if (text === undefined) return undefined;
      written.push(before + text);
    }
    return isList ? `[${written.join(',')}]` : `{${written.join(',')}}`;
  };
}
