import type { Message } from '../../hub/message.ts';
import { matchesPattern } from '../../hub/pattern.ts';
import type { ShapeRules } from '../../hub/shape-rules.ts';
import { contentOf } from '../content.ts';
import { typeOf } from '../shape.ts';
import type { Check, Fault } from './schema.ts';

/** A schema for the messages on each channel that a topic filter matches. */
export interface EnforcedShape {
  readonly filter: string;
  readonly check: Check;
}

/** Of so many names it is remembered which schemas they have. */
const MAX_NAMES = 1000;

/** What messages must be, as it was written down. */
export class EnforcedShapes implements ShapeRules {
  readonly #shapes: readonly { readonly levels: readonly string[]; readonly check: Check }[];
  readonly #known = new Map<string, readonly Check[]>();

  constructor(shapes: readonly EnforcedShape[]) {
    this.#shapes = shapes.map(({ filter, check }) => ({ levels: filter.split('/'), check }));
  }

  has(channel: string): boolean {
    return this.#checksOf(channel).length > 0;
  }

  misfitOf(message: Pick<Message, 'to' | 'kind' | 'body'>): string | undefined {
    const checks = this.#checksOf(message.to);
    if (checks.length === 0) return undefined;
    const fault = faultOf(message, checks);
    if (fault === undefined) return undefined;
    return fault.at === '' ? `the message ${fault.why}` : `its field ${fault.at} ${fault.why}`;
  }

  /** What stands before the password of a private channel counts as well, as nobody knows here whose name it is. */
  #checksOf(channel: string): readonly Check[] {
    const known = this.#known.get(channel);
    if (known !== undefined) return known;
    const colon = channel.indexOf(':');
    const names = colon > 0 ? [channel, channel.slice(0, colon)] : [channel];
    const found = this.#shapes.filter(({ levels }) => names.some((name) => matchesPattern(levels, name)));
    const checks = found.map(({ check }) => check);
    if (this.#known.size >= MAX_NAMES) this.#known.clear();
    this.#known.set(channel, checks);
    return checks;
  }
}

function faultOf(message: Pick<Message, 'kind' | 'body'>, checks: readonly Check[]): Fault | undefined {
  const content = contentOf(message, Number.POSITIVE_INFINITY);
  if (content === undefined) return undefined;
  // Of a file, a schema is told its name.
  const isName = !('value' in content) && content.type === 'file';
  const value = 'value' in content ? content.value : isName ? message.body : undefined;
  const type = 'value' in content || isName ? typeOf(value) : content.type;
  for (const check of checks) {
    const fault = check(value, type, '');
    if (fault !== undefined) return fault;
  }
  return undefined;
}
