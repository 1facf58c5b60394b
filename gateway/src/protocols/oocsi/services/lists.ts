import { isMembersQuery, isPresenceName } from '../../../common/names.ts';
import { parseAddress } from '../../../hub/address.ts';
import type { Hub } from '../../../hub/hub.ts';

/** A list of names, and the text that OOCSI clients are sent of it. */
interface NameList {
  readonly names: readonly string[];
  readonly text: string;
}

interface KnownLists {
  version: number;
  channels: NameList | undefined;
  clients: NameList | undefined;
}

const known = new WeakMap<Hub, KnownLists>();

/**
 * What OOCSI lists as channels: the public channels, the gateway's own among them, and the clients that are online, each
 * once, oldest first, then channels that only have a retained message. Names with `#` or `+`, presence channels and `CH/?`
 * are left out. The text is separated by `, `.
 */
export function listChannels(hub: Hub): NameList {
  const lists = listsOf(hub);
  lists.channels ??= list(hub.names().filter(isListed), ', ');
  return lists.channels;
}

/**
 * The ids of the clients that are online, on every wire, the gateway's own left out, in the order of joining. The text is
 * separated by `,`.
 */
export function listClients(hub: Hub): NameList {
  const lists = listsOf(hub);
  lists.clients ??= list(hub.onlineIds(), ',');
  return lists.clients;
}

/**
 * Who may be seen in the channel of an address: its subscribers, and the client itself where it is the name of one that is
 * online. Nobody where the channel has a password and the address has not.
 */
export function listMembers(hub: Hub, address: string): string[] {
  const { name, password } = parseAddress(address) ?? { name: address, password: undefined };
  if (hub.isPrivate(name) && !hub.opens(name, password)) return [];
  const members = hub.members(name);
  return hub.session(name) && !members.includes(name) ? [name, ...members] : members;
}

/** A cache of the lists, valid until a name comes or goes: with ten thousand names, clients may ask as often as they like. */
function listsOf(hub: Hub): KnownLists {
  const version = hub.namesVersion;
  let lists = known.get(hub);
  if (lists?.version !== version) {
    lists = { version, channels: undefined, clients: undefined };
    known.set(hub, lists);
  }
  return lists;
}

function list(names: readonly string[], separator: string): NameList {
  return { names, text: names.join(separator) };
}

/** Names with `#` or `+` are MQTT topic filters, or handles that were to be filled in. */
function isListed(name: string): boolean {
  return !name.includes('#') && !name.includes('+') && !isPresenceName(name) && !isMembersQuery(name);
}
