import type { Sees } from '../../../access/rights.ts';
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
 * are left out. The text is separated by `, `. `sees`: who asks may only know of these; undefined: of all.
 */
export function listChannels(hub: Hub, sees?: Sees): NameList {
  const lists = listsOf(hub);
  lists.channels ??= list(hub.names().filter(isListed), ', ');
  return seen(lists.channels, sees, ', ');
}

/**
 * The ids of the clients that are online, on every wire, the gateway's own left out, in the order of joining. The text is
 * separated by `,`. `sees`: as for `listChannels`.
 */
export function listClients(hub: Hub, sees?: Sees): NameList {
  const lists = listsOf(hub);
  lists.clients ??= list(hub.onlineIds(), ',');
  return seen(lists.clients, sees, ',');
}

/**
 * Who may be seen in the channel of an address: its subscribers, and the client itself where it is the name of one that is
 * online. Nobody where the channel has a password and the address has not. `sees`: as for `listChannels`.
 */
export function listMembers(hub: Hub, address: string, sees?: Sees): string[] {
  const { name, password } = parseAddress(address) ?? { name: address, password: undefined };
  if (hub.isPrivate(name) && !hub.opens(name, password)) return [];
  if (sees?.(name) === false) return [];
  const members = hub.members(name);
  const all = hub.isOnline(name) && !members.includes(name) ? [name, ...members] : members;
  return sees === undefined ? all : all.filter(sees);
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

function seen(known: NameList, sees: Sees | undefined, separator: string): NameList {
  return sees === undefined ? known : list(known.names.filter(sees), separator);
}

function list(names: readonly string[], separator: string): NameList {
  return { names, text: names.join(separator) };
}

/** Names with `#` or `+` are MQTT topic filters, or handles that were to be filled in. */
function isListed(name: string): boolean {
  return !name.includes('#') && !name.includes('+') && !isPresenceName(name) && !isMembersQuery(name);
}
