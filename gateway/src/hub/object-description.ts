import { quote, type RawMember } from '../json/scan.ts';
import type { Message } from './message.ts';

/** How a file, image or folder message looks to protocols that know only data: `{"file": name, "kind", "object_key"}`. */
export function describeObject(message: Message): RawMember[] {
  const members = [
    { name: 'file', raw: quote(message.text) },
    { name: 'kind', raw: quote(message.kind) },
  ];
  if (message.objectKey !== undefined) members.push({ name: 'object_key', raw: quote(message.objectKey) });
  return members;
}
