import { fileNameOf } from '@crosscomm/protocol';
import { quote, type RawMember } from '../common/json/scan.ts';
import type { Message } from './message.ts';

/**
 * How a file, image or folder message looks to protocols that know only data: `{"file": name, "fileName", "kind", "object_key",
 * "url", "size"}`, the last two for objects in the gateway's own store. `file` is what the sender said, perhaps a whole path, and
 * `fileName` what it can be saved as. A folder has no size, and its address lists its files.
 */
export function describeObject(message: Message): RawMember[] {
  const members = [
    { name: 'file', raw: quote(message.text) },
    { name: 'fileName', raw: quote(fileNameOf(message.text, message.objectKey)) },
    { name: 'kind', raw: quote(message.kind) },
  ];
  if (message.objectKey !== undefined) members.push({ name: 'object_key', raw: quote(message.objectKey) });
  if (message.objectUrl !== undefined) members.push({ name: 'url', raw: quote(message.objectUrl) });
  if (message.objectSize !== undefined) members.push({ name: 'size', raw: String(message.objectSize) });
  return members;
}
