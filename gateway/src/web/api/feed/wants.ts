import type { Kind } from '../../../hub/message.ts';
import { isPattern, matchesPattern } from '../../../hub/pattern.ts';
import { MAX_BODY_LENGTH } from '../message-view.ts';
import type { MessageFilter } from './events.ts';

/** What a filter looks at. */
interface Filtered {
  readonly from: string;
  readonly to: string;
  readonly kind: Kind;
  readonly body?: string | Uint8Array | undefined;
}

/** Says of a message whether it is wanted. Made once for many messages. */
export function matcherOf({ channel, client, kind, text }: MessageFilter): (message: Filtered) => boolean {
  const tests: ((message: Filtered) => boolean)[] = [];
  if (kind !== undefined) tests.push((message) => message.kind === (kind satisfies Kind));
  if (client !== undefined) tests.push(({ from, to }) => from === client || to === client);
  if (channel !== undefined && channel !== '#') tests.push(channelTest([channel].flat()));
  if (text !== undefined) {
    const wanted = text.toLowerCase();
    tests.push(({ body }) => typeof body === 'string' && body.slice(0, MAX_BODY_LENGTH).toLowerCase().includes(wanted));
  }
  return (message) => tests.every((test) => test(message));
}

/** Whether channels were asked for, each by its whole name. */
export function asksByName({ channel }: MessageFilter): boolean {
  return channel !== undefined && ![channel].flat().some(isPattern);
}

/** Whether a message goes to one of these channels, or to one that a topic filter among them matches. */
function channelTest(channels: readonly string[]): ({ to }: Filtered) => boolean {
  const names = new Set(channels.filter((channel) => !isPattern(channel)));
  const patterns = channels.filter(isPattern).map((channel) => channel.split('/'));
  return ({ to }) => names.has(to) || patterns.some((levels) => matchesPattern(levels, to));
}
