import { isJson, quote } from '../../common/json/scan.ts';
import { compileExpression, type Expression, ExpressionError } from './expression.ts';
import type { Fields } from './fields.ts';
import type { Value } from './value.ts';

/** A piece of a text that is made of a message: an expression, and the field that it names where it is nothing but a name. */
interface Hole {
  readonly expression: Expression;
  readonly field: string | undefined;
}

/** A text with values of a message in it; see `compileTemplate`. */
export interface Template {
  /** The text; undefined where a value is missing or cannot be worked out. */
  text(fields: Fields): string | undefined;
  /** The same as JSON text: a template that is one expression and nothing else becomes that value as it is, anything else a string. */
  json(fields: Fields): string | undefined;
}

const NAME = /^[\p{L}_][\p{L}\p{N}_]*$/u;

/**
 * Compiles a text in which `${EXPRESSION}` stands for a value of a message, in the language of functional channels; `$${` is `${` itself. A
 * field that is named as it is keeps its form: `1.0` stays `1.0`, and objects stay objects. Throws an ExpressionError where an expression is
 * none, or its brace is not closed.
 */
export function compileTemplate(text: string): Template {
  const pieces = piecesOf(text);
  const write = (fields: Fields): string | undefined => {
    let written = '';
    for (const piece of pieces) {
      const part = typeof piece === 'string' ? piece : textOf(piece, fields);
      if (part === undefined) return undefined;
      written += part;
    }
    return written;
  };
  const [only] = pieces;
  const hole = pieces.length === 1 && typeof only === 'object' ? only : undefined;
  return {
    text: write,
    json(fields) {
      if (hole !== undefined) return jsonOf(hole, fields);
      const written = write(fields);
      return written === undefined ? undefined : quote(written);
    },
  };
}

function piecesOf(text: string): (string | Hole)[] {
  const pieces: (string | Hole)[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    const next = text.indexOf('${', at);
    if (next < 0) break;
    if (text[next - 1] === '$' && next > at) {
      literal += `${text.slice(at, next - 1)}\${`;
      at = next + 2;
      continue;
    }
    const end = endOf(text, next + 2);
    if (end < 0) throw new ExpressionError('a $ with { is not closed by a }');
    literal += text.slice(at, next);
    if (literal !== '') pieces.push(literal);
    literal = '';
    const inner = text.slice(next + 2, end).trim();
    pieces.push({ expression: compileExpression(inner, undefined), field: NAME.test(inner) ? inner : undefined });
    at = end + 1;
  }
  literal += text.slice(at);
  if (literal !== '') pieces.push(literal);
  return pieces;
}

/** Where the brace is that closes an expression; strings may hold others. */
function endOf(text: string, from: number): number {
  let quoted = '';
  for (let at = from; at < text.length; at++) {
    const char = text[at] as string;
    if (quoted !== '') {
      if (char === '\\') at++;
      else if (char === quoted) quoted = '';
    } else if (char === '"' || char === "'") quoted = char;
    else if (char === '}') return at;
  }
  return -1;
}

function textOf({ expression, field }: Hole, fields: Fields): string | undefined {
  const raw = field === undefined ? undefined : fields.raw(field);
  const value = expression(fields);
  if (raw !== undefined && typeof value !== 'string') return raw;
  return isKnown(value) ? String(value) : undefined;
}

function jsonOf({ expression, field }: Hole, fields: Fields): string | undefined {
  const raw = field === undefined ? undefined : fields.raw(field);
  // What Python calls a number and JSON does not, such as NaN, is no value for others.
  if (raw !== undefined) return isJson(raw) ? raw : undefined;
  const value = expression(fields);
  if (!isKnown(value)) return undefined;
  return typeof value === 'string' ? quote(value) : String(value);
}

function isKnown(value: Value): value is number | string | boolean {
  return typeof value === 'number' ? Number.isFinite(value) : value !== undefined;
}
