import { Message } from '../hub/message.ts';
import type { Principal } from './principal.ts';

/** What somebody gets of a message about an object: without the address to read it at, where it may not read the object. */
export function readable(message: Message, principal: Principal | undefined): Message {
  const { objectUrl, objectKey = '' } = message;
  if (objectUrl === undefined || principal === undefined || principal.rights.may('read', objectKey)) return message;
  return new Message({ ...message.toInit(), objectUrl: undefined });
}
