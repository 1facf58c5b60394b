import { analyse } from 'scslre';
import { parseSync, Visitor } from 'vite';

/** @typedef {{ line: number, pattern: string, why: string }} SlowPattern */

/**
 * The nodes of a program, as the parser's visitor has them.
 * @typedef {NonNullable<ConstructorParameters<typeof Visitor>[0]>} Visits
 * @typedef {Parameters<NonNullable<Visits['NewExpression']>>[0]} NewExpression
 * @typedef {Parameters<NonNullable<Visits['CallExpression']>>[0]} CallExpression
 * @typedef {NewExpression | CallExpression} Construct
 * @typedef {Construct['arguments'][number]} Expression
 */

/**
 * The regular expressions in a TypeScript module that take more than linear time for some text, or that cannot be looked
 * at. Looked at are literals and `new RegExp` of texts that are written in the module.
 *
 * @param {string} file
 * @param {string} source
 * @returns {SlowPattern[]}
 */
export function findSlowPatterns(file, source) {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0].message}`);
  /** @type {Map<string, string>} */
  const constants = new Map();
  /** @type {SlowPattern[]} */
  const found = [];
  /** @param {number} at */
  const lineOf = (at) => source.slice(0, at).split('\n').length;
  /**
   * @param {{ start: number }} node
   * @param {string} pattern
   * @param {string} flags
   */
  const look = (node, pattern, flags) => {
    const why = slowness(pattern, flags);
    if (why !== undefined) found.push({ line: lineOf(node.start), pattern: `/${pattern}/${flags}`, why });
  };
  /** @param {Construct} node */
  const construct = (node) => {
    if (node.callee.type !== 'Identifier' || node.callee.name !== 'RegExp') return;
    const [pattern, flags] = node.arguments.map((argument) => textOf(argument, constants));
    const isRead = pattern !== undefined && (flags !== undefined || node.arguments.length < 2);
    if (isRead) look(node, pattern, flags ?? '');
    else found.push({ line: lineOf(node.start), pattern: 'RegExp(...)', why: 'is made of what is not written here' });
  };
  new Visitor({
    VariableDeclarator({ id, init }) {
      const text = init ? textOf(init, constants) : undefined;
      if (id.type === 'Identifier' && text !== undefined) constants.set(id.name, text);
    },
    Literal(node) {
      if ('regex' in node) look(node, node.regex.pattern, node.regex.flags);
    },
    NewExpression: construct,
    CallExpression: construct,
  }).visit(program);
  return found;
}

/**
 * Why a pattern takes more than linear time; undefined where it does not.
 * @param {string} pattern
 * @param {string} flags
 */
function slowness(pattern, flags) {
  const { reports } = analyse({ source: pattern, flags });
  if (reports.length === 0) return undefined;
  return reports.some(({ exponential }) => exponential) ? 'takes exponential time' : 'takes quadratic time or worse';
}

/**
 * What a text comes to that is written out, in pieces of others at most; undefined for any other expression.
 * @param {Expression} node
 * @param {ReadonlyMap<string, string>} constants
 * @returns {string | undefined}
 */
function textOf(node, constants) {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : undefined;
  if (node.type === 'Identifier') return constants.get(node.name);
  if (node.type !== 'TemplateLiteral') return undefined;
  let text = '';
  for (const [index, { value }] of node.quasis.entries()) {
    text += value.cooked ?? '';
    if (index === node.expressions.length) return text;
    const part = textOf(node.expressions[index], constants);
    if (part === undefined) return undefined;
    text += part;
  }
  return text;
}
