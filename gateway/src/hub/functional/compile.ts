import { type RawMember, writeObject } from '../../common/json/scan.ts';
import type { Pipeline } from '../channel.ts';
import { Message } from '../message.ts';
import { compileExpression, type Expression, ExpressionError } from './expression.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { writeFloat32 } from './float.ts';
import { splitFunctions } from './split.ts';
import { toBoolean, toNumber } from './value.ts';

interface Transform {
  key: string;
  expression: Expression;
}

/**
 * Compiles what stands between the brackets of a functional channel, `filter(EXPR);transform(KEY,EXPR);...`, for one
 * subscription; undefined where a filter is malformed, as nothing could pass it. As in OOCSI, a transform that cannot be
 * evaluated sets nothing, anything else is ignored, and there may be nothing at all. The windows of mean and the like are
 * the pipeline's own.
 *
 * As in OOCSI, a message must pass every filter first; then every transform sees the fields as they came in, and sets
 * its key to a 32-bit float (true is 1.0, false 0.0). A filter lets nothing through but messages with fields; without a
 * filter, a message without fields passes as it is. The message's recipient becomes `address`.
 */
export function compileFunctions(functions: string, address: string): Pipeline | undefined {
  const filters: Expression[] = [];
  const transforms: Transform[] = [];
  for (const { name, body } of splitFunctions(functions)) {
    if (name === 'filter') {
      const filter = tryCompile(body, undefined);
      if (!filter) return undefined;
      filters.push(filter);
    } else if (name === 'transform') {
      const comma = body.indexOf(',');
      const key = body.slice(0, Math.max(0, comma)).trim();
      const expression = key === '' ? undefined : tryCompile(body.slice(comma + 1), 0);
      if (expression) transforms.push({ key, expression });
    }
  }
  return (message) => {
    const fields = fieldsOf(message);
    if (fields === null) return filters.length > 0 ? undefined : readdress(message, address, message.body);
    for (const filter of filters) if (toBoolean(filter(fields)) !== true) return undefined;
    return readdress(message, address, transforms.length === 0 ? message.body : transform(fields, transforms));
  };
}

function readdress(message: Message, to: string, body: string | Uint8Array): Message {
  return new Message({ ...message.toInit(), to, body });
}

/** The text of the object with each transform's result; the others' literals stay as they are. */
function transform(fields: Fields, transforms: readonly Transform[]): string {
  const results = new Map<string, string>();
  for (const { key, expression } of transforms) {
    const raw = writeFloat32(toNumber(expression(fields)));
    if (raw !== undefined) results.set(key, raw);
  }
  const members: RawMember[] = fields.members.filter(({ name }) => !results.has(name));
  for (const [name, raw] of results) members.push({ name, raw });
  return writeObject(members);
}

function tryCompile(text: string, missing: 0 | undefined): Expression | undefined {
  try {
    return compileExpression(text, missing);
  } catch (error) {
    if (error instanceof ExpressionError) return undefined;
    throw error;
  }
}
