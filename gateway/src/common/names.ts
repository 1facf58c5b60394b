/** The longest client id, on any wire, in UTF-16 units. A wire may allow less: OOCSI 200, a frame's Hello 255 bytes. */
export const MAX_CLIENT_ID_LENGTH = 256;
/**
 * The longest channel name with what may follow it (`name:password`, `name[...]`), in UTF-16 units. Topics between MQTT clients
 * have MQTT's own limit.
 */
export const MAX_CHANNEL_LENGTH = 1024;

/**
 * What may not stand in the name of a client, a channel or a topic: control characters, lone surrogates, and code points that
 * Unicode keeps from being characters. MQTT lets a broker refuse them (3.1.1, section 1.5.3), and common clients end their
 * connection where they get one. Marks of direction may stand in names, as scripts need them; logs and tables escape them.
 */
const UNFIT = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** True where `name` holds a character that no name may hold. */
export function hasUnfitCharacter(name: string): boolean {
  return UNFIT.test(name);
}

const CLOSING = 41;

/** The gateway's client that tells what a room does together. */
export const BEHAVIOURS = 'behaviours';

/** The gateway's client that sends what automations send. */
export const AUTOMATIONS = 'automations';

/** Names that the gateway answers to or speaks under, on whatever wire; they are OOCSI's but for the first four. */
export const GATEWAY_NAMES: ReadonlySet<string> = new Set([
  'all',
  'server',
  BEHAVIOURS,
  AUTOMATIONS,
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
  return name === '' || GATEWAY_NAMES.has(name) || isPresenceName(name) || isMembersQuery(name) || isBridgeId(name);
}

const BRIDGE = '$bridge/';

/** The client id of the bridge to another broker that has this name in the configuration. */
export function bridgeId(name: string): string {
  return BRIDGE + name;
}

/** True for the id of a bridge, under which the gateway says what comes from another broker. */
export function isBridgeId(id: string): boolean {
  return id.startsWith(BRIDGE);
}

/** True for `presence(NAME)`, the channel on which only the gateway speaks, of who comes to and goes from NAME. */
export function isPresenceName(name: string): boolean {
  return name.charCodeAt(name.length - 1) === CLOSING && name.startsWith('presence(');
}

/** True for `CHANNEL/?`, the channel on which the gateway says who is in CHANNEL. */
export function isMembersQuery(name: string): boolean {
  return name.endsWith('/?');
}

/** The channel or client that `presence(NAME)` or `NAME/?` tells of; undefined for every other channel. */
export function watchedName(channel: string): string | undefined {
  if (isPresenceName(channel)) return channel.slice('presence('.length, -1);
  return isMembersQuery(channel) && channel.length > 2 ? channel.slice(0, -2) : undefined;
}

/** The channel on which the gateway says who sends to whom. */
export const EVENTS_CHANNEL = 'OOCSI_events';

const NAMES_OTHERS: ReadonlySet<string> = new Set([
  'OOCSI_channels',
  'OOCSI_clients',
  'OOCSI_connections',
  EVENTS_CHANNEL,
]);

/** True for the channels on which the gateway says who else is there. */
export function isAboutOthers(channel: string): boolean {
  return NAMES_OTHERS.has(channel) || isPresenceName(channel) || isMembersQuery(channel);
}

/** Why nobody can have the client id `id`, as part of a sentence; undefined where nothing is wrong with it. */
export function clientIdFault(id: string): string | undefined {
  return faultOf(id, 'a client id', MAX_CLIENT_ID_LENGTH);
}

/** Why nothing can be sent to the channel or client `name`, as part of a sentence; undefined where nothing is wrong with it. */
export function channelFault(name: string): string | undefined {
  return faultOf(name, 'a channel', MAX_CHANNEL_LENGTH);
}

function faultOf(name: string, what: string, maxLength: number): string | undefined {
  if (name === '') return `the name of ${what} is empty`;
  if (name.length > maxLength) return `the name of ${what} is too long: at most ${maxLength} characters`;
  if (hasUnfitCharacter(name)) return `the name of ${what} has a control character, or one that is none`;
  return undefined;
}
