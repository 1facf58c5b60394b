import { withoutNonFinite } from '../common/json/finite.ts';
import { quote, type RawMember } from '../common/json/scan.ts';
import { fieldsOf } from '../hub/functional/fields.ts';
import type { Message } from '../hub/message.ts';

/**
 * The fields of a message as OOCSI's members see them: those of an object; a text as `text`, another JSON value as `json`; none of what
 * is bytes or a file.
 */
export function fieldsHeard(message: Message): RawMember[] {
  const fields = fieldsOf(message);
  if (fields !== null) return fields.members.map(({ name, raw }) => ({ name, raw: withoutNonFinite(raw) }));
  if (message.kind === 'text') return [{ name: 'text', raw: quote(message.text) }];
  if (message.kind === 'json') return [{ name: 'json', raw: withoutNonFinite(message.text) }];
  return [];
}
