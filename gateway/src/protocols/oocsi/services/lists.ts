import type { Rights } from '../../../access/rights.ts';
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

/** What who asks may know of, and what it calls that; undefined: everything, as it is called. */
type Reader = Pick<Rights, 'sees' | 'shown'> | undefined;

const known = new WeakMap<Hub, KnownLists>();

/**
 * What OOCSI lists as channels: the public channels, the gateway's own among them, and the clients that are online, each
 * once, oldest first, then channels that only have a retained message. Names with `#` or `+`, presence channels and `CH/?`
 * are left out. The text is separated by `, `. `reader`: who asks; undefined: who may know all.
 */
export function listChannels(hub: Hub, reader?: Reader): NameList {
  const lists = listsOf(hub);
  lists.channels ??= list(hub.names().filter(isListed), ', ');
  return seen(lists.channels, reader, ', ');
}

/**
 * The ids of the clients that are online, on every wire, the gateway's own left out, in the order of joining. The text is
 * separated by `,`. `reader`: as for `listChannels`.
 */
export function listClients(hub: Hub, reader?: Reader): NameList {
  const lists = listsOf(hub);
  lists.clients ??= list(hub.onlineIds(), ',');
  return seen(lists.clients, reader, ',');
}

/**
 * Who may be seen in the channel of an address: its subscribers, and the client itself where it is the name of one that is
 * online. Nobody where the channel has a password and the address has not. `reader`: as for `listChannels`.
 */
export function listMembers(hub: Hub, address: string, reader?: Reader): string[] {
  const { sees, shown } = reader ?? {};
  const { name, password } = parseAddress(address) ?? { name: address, password: undefined };
  if (hub.isPrivate(name) && !hub.opens(name, password)) return [];
  if (sees?.(name) === false) return [];
  const members = hub.members(name);
  const all = hub.isOnline(name) && !members.includes(name) ? [name, ...members] : members;
  const seenOf = sees === undefined ? all : all.filter(sees);
  return shown === undefined ? seenOf : seenOf.map(shown);
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

function seen(known: NameList, reader: Reader, separator: string): NameList {
  const { sees, shown } = reader ?? {};
  if (sees === undefined) return known;
  const names = known.names.filter(sees);
  return list(shown === undefined ? names : names.map(shown), separator);
}

function list(names: readonly string[], separator: string): NameList {
  return { names, text: names.join(separator) };
}

/** Names with `#` or `+` are MQTT topic filters, or handles that were to be filled in. */
function isListed(name: string): boolean {
  return !name.includes('#') && !name.includes('+') && !isPresenceName(name) && !isMembersQuery(name);
}
