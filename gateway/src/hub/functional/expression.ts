import { type Fields, MISSING } from './fields.ts';
import { CONSTANTS, NUMBER_FUNCTIONS, WINDOW_FUNCTIONS } from './functions.ts';
import { type Node, parseExpression } from './grammar.ts';
import { equals, order, toBoolean, toNumber, type Value } from './value.ts';
import { MAX_WINDOW, Window } from './window.ts';

/** A compiled expression. It keeps the windows of its calls, so each subscription compiles its own. */
export type Expression = (fields: Fields) => Value;

/** Why a text is not an expression that the gateway evaluates. */
export class ExpressionError extends Error {}

/** The longest expression, in UTF-16 units. */
const MAX_LENGTH = 1000;
/** The longest text that strings are joined to, in UTF-16 units; a hundred of a megabyte would be a hundred megabytes. */
const MAX_TEXT_LENGTH = 64 * 1024;
/** How deep an expression may nest; it bounds the stack of the parser, the compiler and the evaluation. */
const MAX_DEPTH = 100;

/**
 * Compiles an EvalEx expression to closures. `missing` is what a variable comes to that the message does not have:
 * undefined (an error) or 0. Throws ExpressionError where the text is malformed, too long or too deep, or where it uses
 * what expressions here do not have: members, indices, arrays, unknown functions.
 */
export function compileExpression(text: string, missing: 0 | undefined): Expression {
  if (text.length > MAX_LENGTH) throw new ExpressionError(`longer than ${MAX_LENGTH} characters`);
  if (nesting(text) > MAX_DEPTH) throw new ExpressionError(`nested deeper than ${MAX_DEPTH} levels`);
  let node: Node;
  try {
    node = parseExpression(text);
  } catch (error) {
    throw new ExpressionError('not an expression', { cause: error });
  }
  return compile(node, missing, 0);
}

/** The operators that take true and false for what they are. */
const OF_TRUTHS: ReadonlySet<string> = new Set(['=', '==', '!=', '<>', '&&', '||']);

/** How deep brackets nest; those in strings count as well, which only refuses earlier. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const char of text) {
    if (char === '(' || char === '[') deepest = Math.max(deepest, ++depth);
    else if (char === ')' || char === ']') depth--;
  }
  return deepest;
}

function compile(node: Node, missing: 0 | undefined, depth: number): Expression {
  if (depth > MAX_DEPTH) throw new ExpressionError(`nested deeper than ${MAX_DEPTH} levels`);
  const part = (child: unknown): Expression => compile(child as Node, missing, depth + 1);
  // As in OOCSI, a field that is true or false is no number to a filter: it makes the expression an error.
  const operand = (child: unknown): Expression => {
    const value = part(child);
    if (missing === 0 || (child as Node).type !== 'Identifier') return value;
    return (fields) => {
      const known = value(fields);
      return typeof known === 'boolean' ? undefined : known;
    };
  };
  switch (node.type) {
    case 'Literal': {
      const value = node.value as Value;
      return () => value;
    }
    case 'Identifier':
      return variable(node.name as string, missing);
    case 'UnaryExpression':
      return unary(node.operator as string, (node.operator === '!' ? part : operand)(node.argument));
    case 'BinaryExpression': {
      const side = OF_TRUTHS.has(node.operator as string) ? part : operand;
      return binary(node.operator as string, side(node.left), side(node.right));
    }
    case 'CallExpression': {
      const callee = node.callee as Node;
      if (callee.type !== 'Identifier') throw new ExpressionError('only functions can be called');
      const name = (callee.name as string).toLowerCase();
      return call(name, (node.arguments as Node[]).map(name === 'if' || name === 'not' ? part : operand));
    }
    default:
      throw new ExpressionError(`no ${node.type} is allowed here`);
  }
}

function variable(name: string, missing: 0 | undefined): Expression {
  const lowerName = name.toLowerCase();
  const constant = CONSTANTS.get(lowerName);
  if (constant !== undefined) return () => constant;
  return (fields) => {
    const value = fields.get(name, lowerName);
    return value === MISSING ? missing : value;
  };
}

function unary(operator: string, argument: Expression): Expression {
  if (operator === '-') return (fields) => -toNumber(argument(fields));
  if (operator === '+') return (fields) => toNumber(argument(fields));
  return (fields) => {
    const value = toBoolean(argument(fields));
    return value === undefined ? undefined : !value;
  };
}

const COMPARISONS: Record<string, (order: number) => boolean> = {
  '<': (order) => order < 0,
  '<=': (order) => order <= 0,
  '>': (order) => order > 0,
  '>=': (order) => order >= 0,
};

/** Division by 0 is an error here, so that it comes out as NaN and not as Infinity, which would pass a comparison. */
const ARITHMETIC: Record<string, (left: number, right: number) => number> = {
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => (right === 0 ? Number.NaN : left / right),
  '%': (left, right) => left % right,
  '^': (left, right) => left ** right,
};

function binary(operator: string, left: Expression, right: Expression): Expression {
  const comparison = COMPARISONS[operator];
  if (comparison) {
    return (fields) => {
      const difference = order(left(fields), right(fields));
      return Number.isNaN(difference) ? undefined : comparison(difference);
    };
  }
  const arithmetic = ARITHMETIC[operator];
  if (arithmetic) return (fields) => arithmetic(toNumber(left(fields)), toNumber(right(fields)));
  switch (operator) {
    case '+':
      return (fields) => add(left(fields), right(fields));
    case '=':
    case '==':
      return (fields) => equals(left(fields), right(fields));
    case '!=':
    case '<>':
      return (fields) => {
        const same = equals(left(fields), right(fields));
        return same === undefined ? undefined : !same;
      };
    case '&&':
      return (fields) => {
        const first = toBoolean(left(fields));
        return first ? toBoolean(right(fields)) : first;
      };
    case '||':
      return (fields) => {
        const first = toBoolean(left(fields));
        return first === false ? toBoolean(right(fields)) : first;
      };
    default:
      throw new ExpressionError(`no operator ${operator}`);
  }
}

/** Two strings are joined, up to a length; anything else is added. */
function add(left: Value, right: Value): Value {
  if (typeof left === 'string' && typeof right === 'string') {
    return left.length + right.length <= MAX_TEXT_LENGTH ? left + right : undefined;
  }
  return toNumber(left) + toNumber(right);
}

function call(name: string, args: Expression[]): Expression {
  const [first, second, third] = args;
  if (name === 'if' && args.length === 3 && first && second && third) {
    return (fields) => {
      const condition = toBoolean(first(fields));
      if (condition === undefined) return undefined;
      return condition ? second(fields) : third(fields);
    };
  }
  if (name === 'not' && args.length === 1 && first) return unary('!', first);
  const overWindow = WINDOW_FUNCTIONS.get(name);
  if (overWindow && args.length === 2 && first && second) return windowed(overWindow, first, second);
  const known = NUMBER_FUNCTIONS.get(name);
  if (!known) throw new ExpressionError(`no function ${name} with ${args.length} arguments`);
  if (args.length < known.least || args.length > known.most) {
    throw new ExpressionError(`${name} does not take ${args.length} arguments`);
  }
  return (fields) => known.run(args.map((arg) => toNumber(arg(fields))));
}

/** A call with a window of its own. Its length is what the second argument comes to at the first message. */
function windowed(over: (window: Window) => number, value: Expression, length: Expression): Expression {
  let window: Window | undefined;
  return (fields) => {
    const next = toNumber(value(fields));
    if (!Number.isFinite(next)) return undefined;
    if (!window) {
      const wanted = Math.trunc(toNumber(length(fields)));
      if (!(wanted >= 1)) return undefined;
      window = new Window(Math.min(wanted, MAX_WINDOW));
    }
    window.push(next);
    return over(window);
  };
}
