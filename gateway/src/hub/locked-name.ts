import { hashPassword } from '../common/password-hash.ts';
import { Message } from './message.ts';

/**
 * The name under which messages of a private channel are kept, on disk as in memory: a NUL, the channel, a NUL, and a hash of
 * the password with the channel's name for its salt. Only who knows the password can ask for it, and no pattern finds it, as
 * no channel of MQTT's holds a NUL.
 */
export function lockedName(channel: string, password: string): string {
  return `\0${channel}\0${hashPassword(password, `private channel ${channel}`)}`;
}

export function isLocked(name: string): boolean {
  return name.charCodeAt(0) === 0;
}

/** The channel of a locked name. */
export function channelOfLocked(name: string): string {
  return name.slice(1).split('\0', 1)[0] as string;
}

/** The same message to another name. */
export function redirect(message: Message, to: string): Message {
  return new Message({ ...message.toInit(), to });
}

/** What a kept name was before passwords were hashed, `\0channel:password`, as it is now; undefined for every other. */
export function lockOldName(name: string): string | undefined {
  if (!isLocked(name) || name.indexOf('\0', 1) > 0) return undefined;
  const colon = name.indexOf(':');
  return colon < 0 ? undefined : lockedName(name.slice(1, colon), name.slice(colon + 1));
}
