import type { Hub } from '../../../hub/hub.ts';

/** Names with these are MQTT topic filters, or handles that were to be filled in. */
const HIDDEN = /[#+]/;

/**
 * What OOCSI lists as channels: the public channels, the gateway's own among them, and the clients that are online, each
 * once; names with `#` or `+` are left out.
 */
export function listChannels(hub: Hub): string[] {
  const names = new Set([...hub.channels(), ...listClients(hub)]);
  return [...names].filter((name) => !HIDDEN.test(name));
}

/** The ids of the clients that are online, on every wire, the gateway's own left out, in the order of joining. */
export function listClients(hub: Hub): string[] {
  const ids: string[] = [];
  for (const client of hub.clients()) if (client.online) ids.push(client.id);
  return ids;
}

/**
 * Who may be seen in a channel: its subscribers, and the client itself where it is the name of one that is online.
 * Nobody where the channel has a password.
 */
export function listMembers(hub: Hub, name: string): string[] {
  if (hub.isPrivate(name)) return [];
  const members = hub.members(name);
  return hub.session(name) && !members.includes(name) ? [name, ...members] : members;
}
