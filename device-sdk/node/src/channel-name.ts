const MAX_LENGTH = 1024;
/** Control characters, lone surrogates, and code points that Unicode keeps from being characters. */
const UNFIT = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** True where something can be sent to `text`, or subscribed to: the gateway's own rule. */
export function isChannel(text: string): boolean {
  return text !== '' && text.length <= MAX_LENGTH && !UNFIT.test(text);
}

/** A channel as somebody subscribes to it: a name, a private one `name:password`, a functional one `name[...]`, or a pattern. */
export interface ChannelAddress {
  text: string;
  /** The name alone. */
  name: string;
  /** Messages of a functional channel come changed, so they are for this subscription alone. */
  isFunctional: boolean;
}

export function parseChannel(text: string): ChannelAddress {
  if (/^presence\(.+\)$/s.test(text)) return { text, name: text, isFunctional: false };
  const [beforeBracket = text] = text.split('[', 1);
  const [name = beforeBracket] = beforeBracket.split(':', 1);
  return { text, name, isFunctional: beforeBracket !== text };
}

/** Whether a message is for a subscription; `channel` is how the message came: a name, or the text of a subscription. */
export function isFor({ text, name, isFunctional }: ChannelAddress, channel: string): boolean {
  if (text === channel) return true;
  if (isFunctional) return false;
  const from = parseChannel(channel);
  return !from.isFunctional && (from.name === name || matches(name.split('/'), from.name));
}

/** Whether a message to the channel of this name is for a subscription. */
export function isForName({ name }: ChannelAddress, channel: string): boolean {
  return name === channel || matches(name.split('/'), channel);
}

/** MQTT's wildcards: `+` is one level, `#` at the end any number of them; neither is a first level that begins with `$`. */
function matches(levels: readonly string[], name: string): boolean {
  if (name.startsWith('$') && !levels[0]?.startsWith('$')) return false;
  const names = name.split('/');
  for (const [index, level] of levels.entries()) {
    if (level === '#' && index === levels.length - 1) return true;
    if (names[index] === undefined || (level !== '+' && level !== names[index])) return false;
  }
  return names.length === levels.length;
}
