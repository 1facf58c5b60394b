/**
 * What may not stand in the name of a client, a channel or a topic: control characters, lone surrogates, and code points that
 * Unicode keeps from being characters. MQTT lets a broker refuse them (3.1.1, section 1.5.3), and common clients end their
 * connection where they get one.
 */
const UNFIT = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** True where `name` holds a character that no name may hold. */
export function hasUnfitCharacter(name: string): boolean {
  return UNFIT.test(name);
}

/** Names that the gateway answers to or speaks under, on whatever wire; they are OOCSI's but for the first two. */
const GATEWAY_NAMES: ReadonlySet<string> = new Set([
  'all',
  'server',
  'SERVER',
  'echo',
  'timechannel',
  'testchannel',
  'heyOOCSI!',
  'heyOOCSIClient',
  'OOCSI_channels',
  'OOCSI_clients',
  'OOCSI_metrics',
  'OOCSI_connections',
  'OOCSI_events',
]);

/** True for names that no client may have: whoever had one would keep its messages from those who listen there. */
export function isGatewayName(name: string): boolean {
  return name === '' || GATEWAY_NAMES.has(name) || isPresenceName(name) || isMembersQuery(name);
}

/** True for `presence(NAME)`, the channel on which only the gateway speaks, of who comes to and goes from NAME. */
export function isPresenceName(name: string): boolean {
  return name.startsWith('presence(') && name.endsWith(')');
}

/** True for `CHANNEL/?`, the channel on which the gateway says who is in CHANNEL. */
export function isMembersQuery(name: string): boolean {
  return name.endsWith('/?');
}
