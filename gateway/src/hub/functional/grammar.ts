import jsep from 'jsep';

/** A node of a parsed expression, as jsep builds it; `operator`, `argument` and so on by its type. */
export type Node = jsep.Expression;

/** jsep's parser class with its settings, which are global and which its types leave out. */
interface Parser {
  parse(text: string): Node;
  hooks: object;
  unary_ops: Record<string, number>;
  binary_ops: Record<string, number>;
  max_unop_len: number;
  max_binop_len: number;
  right_associative: Set<string>;
  additional_identifier_chars: Set<string>;
  literals: Record<string, unknown>;
  this_str: string;
}

type Grammar = Omit<Parser, 'parse'>;

function hasParser(library: object): library is { Jsep: Parser } {
  return 'Jsep' in library;
}

if (!hasParser(jsep)) throw new TypeError('This version of jsep has no parser class with settings.');
const { Jsep } = jsep;

/**
 * The operators of EvalEx 3 with its precedence: unary ones bind tightest, so that `-2^2` is 4, then `^` from right to
 * left. Constants are left to the compiler, as they are looked up whatever their case.
 */
const EVALEX: Grammar = {
  hooks: {},
  unary_ops: { '-': 1, '+': 1, '!': 1 },
  binary_ops: {
    '||': 2,
    '&&': 4,
    '=': 7,
    '==': 7,
    '!=': 7,
    '<>': 7,
    '<': 10,
    '<=': 10,
    '>': 10,
    '>=': 10,
    '+': 20,
    '-': 20,
    '*': 30,
    '/': 30,
    '%': 30,
    '^': 40,
  },
  max_unop_len: 1,
  max_binop_len: 2,
  right_associative: new Set(['^']),
  additional_identifier_chars: new Set(['_', '$']),
  literals: {},
  this_str: '',
};

const SETTINGS = Object.keys(EVALEX) as (keyof Grammar)[];

/**
 * Parses an expression. jsep's settings are global: they are ours while it parses and what they were before after that,
 * so that another user of jsep in this process never notices. Throws an Error where the text is not an expression.
 */
export function parseExpression(text: string): Node {
  const before = Object.fromEntries(SETTINGS.map((name) => [name, Jsep[name]]));
  Object.assign(Jsep, EVALEX);
  try {
    return Jsep.parse(text);
  } finally {
    Object.assign(Jsep, before);
  }
}
