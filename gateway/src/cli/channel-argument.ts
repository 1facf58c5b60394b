import { channelFault, clientIdFault, isGatewayName } from '../common/names.ts';
import { printable } from '../common/printable.ts';
import { parseAddress } from '../hub/address.ts';
import { isTooDeep } from '../hub/pattern.ts';
import { UsageError } from './shell.ts';

/** A channel that something is to be sent to, as a person named it. Throws UsageError where it cannot be one. */
export function channelToSendTo(name: string): string {
  refuse(name, channelFault(name));
  if (name.split('/').some((level) => level === '+' || level === '#')) {
    refuse(name, 'it is a pattern, which can be listened to; a message goes to one channel');
  }
  return name;
}

/**
 * A channel or pattern that is to be listened to, as a person named it: `name`, `name:password`, `name[functions]`, `a/+/b`, `a/#`.
 * Throws UsageError where it cannot be one.
 */
export function channelToListenTo(text: string): string {
  refuse(text, channelFault(text));
  const name = nameIn(text);
  if (name.split('/').slice(0, -1).includes('#')) {
    refuse(text, '# stands for all levels that follow, so it must be the last one');
  }
  if (isTooDeep(name)) refuse(text, 'a pattern has at most 100 levels');
  return text;
}

/** The name of the channel in what `channelToListenTo` takes: without a password and functions. Throws UsageError. */
export function nameIn(text: string): string {
  const address = parseAddress(text);
  if (!address) refuse(text, 'no name stands before what follows, or a bracket is not closed');
  return address?.name ?? text;
}

/** A word for somebody who may take a sign in a name for a wildcard (`lamp#`, `esp-####`); undefined where there is none. */
export function wildcardHint(text: string): string | undefined {
  const name = nameIn(text);
  if (!name.split('/').some((level) => level.length > 1 && /[+#]/.test(level))) return undefined;
  return `"${printable(name)}" is one name: + and # stand for others only between slashes, as in lab/+ and lab/#.`;
}

/** The id that a command is to have. Throws UsageError where nobody can have it. */
export function clientName(id: string): string {
  refuse(id, clientIdFault(id) ?? (isGatewayName(id) ? 'this name is the gateway itself' : undefined));
  return id;
}

const MAX_SHOWN = 60;

function refuse(text: string, fault: string | undefined): void {
  if (fault === undefined) return;
  const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}...` : text;
  throw new UsageError(`"${printable(shown)}" cannot be used here: ${fault}.`);
}
