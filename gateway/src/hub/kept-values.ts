import { type RawMember, tryScanObject, writeObject } from '../common/json/scan.ts';
import type { MessageInit } from './message.ts';

const FROM_PYTHON = { nonFinite: true };

/**
 * The kept fields of a channel: `values` has the JSON texts of their last values by name, `names` all fields that are to be kept, also
 * those that were never set.
 */
export interface KeptValues {
  readonly values: Map<string, string>;
  readonly names: Set<string>;
}

/**
 * What a message says of fields, as JSON texts by name; undefined where it says nothing of any: it is no object, or one of
 * OOCSI's calls, whose fields are arguments. Fields that begin with an underscore are OOCSI's own.
 */
export function fieldsOf({ kind, body }: Pick<MessageInit, 'kind' | 'body'>): Map<string, string> | undefined {
  if ((kind !== 'dict' && kind !== 'json') || typeof body !== 'string') return undefined;
  const members = tryScanObject(body, FROM_PYTHON);
  if (members === undefined || members.some(({ name }) => name === '_MESSAGE_ID')) return undefined;
  const fields = new Map<string, string>();
  for (const { name, raw } of members) if (!name.startsWith('_')) fields.set(name, raw);
  return fields;
}

/**
 * Enters what a message says into what is kept: null ends a value, and that the field is kept. With `all`, each of the other fields is
 * kept from now on. False where that changes nothing.
 */
export function enter({ values, names }: KeptValues, fields: ReadonlyMap<string, string>, all: boolean): boolean {
  let changes = false;
  for (const [name, raw] of fields) {
    if (raw === 'null') {
      values.delete(name);
      changes = names.delete(name) || changes;
      continue;
    }
    if (!names.has(name)) {
      if (!all) continue;
      names.add(name);
      changes = true;
    }
    if (values.get(name) !== raw) {
      values.set(name, raw);
      changes = true;
    }
  }
  return changes;
}

/** The values as the text of a JSON object; of `only` these where it is given. */
export function bodyOf(values: ReadonlyMap<string, string>, only?: Iterable<string>): string {
  const members: RawMember[] = [];
  for (const name of only ?? values.keys()) {
    const raw = values.get(name);
    if (raw !== undefined) members.push({ name, raw });
  }
  return writeObject(members);
}
