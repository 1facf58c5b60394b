/** Packets of MQTT 3.1.1 and 5, made once. Sections are those of the specification of MQTT 5. */

/** @typedef {4 | 5} Version the protocol level of a CONNECT */

/**
 * A string with its length before it (section 1.5.4).
 * @param {string} text
 */
export function field(text) {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

/**
 * @param {number} head
 * @param {...Buffer} parts
 */
export function packet(head, ...parts) {
  const body = Buffer.concat(parts);
  const size = [];
  let rest = body.length;
  do {
    size.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return Buffer.concat([Buffer.from([head, ...size]), body]);
}

/** How long a session outlives its connection that is asked for with MQTT 5, in s. */
const SESSION_EXPIRY_S = 3600;
const SESSION_EXPIRY = Buffer.from([5, 0x11, 0, 0, SESSION_EXPIRY_S >> 8, SESSION_EXPIRY_S & 255]);
const NO_PROPERTIES = Buffer.from([0]);

/**
 * The properties that a packet of MQTT 5 has where there are none, and that one of MQTT 3.1.1 has not.
 * @param {Version} version
 */
const none = (version) => (version === 5 ? [NO_PROPERTIES] : []);

/**
 * @param {Version} version
 * @param {string} id
 * @param {{ isKept: boolean, keepAliveS: number }} session
 */
export function connectPacket(version, id, { isKept, keepAliveS }) {
  const head = Buffer.from([version, isKept ? 0 : 2, keepAliveS >> 8, keepAliveS & 255]);
  const properties = isKept && version === 5 ? [SESSION_EXPIRY] : none(version);
  return packet(0x10, field('MQTT'), head, ...properties, field(id));
}

/**
 * @param {Version} version
 * @param {string} filter
 * @param {number} qos
 */
export function subscribePacket(version, filter, qos) {
  return packet(0x82, Buffer.from([0, 1]), ...none(version), field(filter), Buffer.from([qos]));
}

/**
 * @param {Version} version
 * @param {string} topic
 * @param {Buffer} payload
 * @param {{ qos: number, packetId?: number, isRetained?: boolean }} how
 */
export function publishPacket(version, topic, payload, { qos, packetId = 0, isRetained = false }) {
  const id = qos > 0 ? [Buffer.from([packetId >> 8, packetId & 255])] : [];
  return packet(0x30 | (qos << 1) | Number(isRetained), field(topic), ...id, ...none(version), payload);
}

export const DISCONNECT = Buffer.from([0xe0, 0]);

/** How many bytes the values of properties have whose length does not depend on what they say (section 2.2.2.2). */
const SIZES = new Map([
  [0x13, 2],
  [0x11, 4],
  [0x21, 2],
  [0x22, 2],
  [0x24, 1],
  [0x25, 1],
  [0x27, 4],
  [0x28, 1],
  [0x29, 1],
  [0x2a, 1],
]);
const RECEIVE_MAXIMUM = 0x21;
const USER_PROPERTY = 0x26;
/** As many as there are packet identifiers (section 3.2.2.3.3). */
const MOST_OUTSTANDING = 65_535;

/**
 * How many messages a server takes at a time, by its CONNACK without the fixed header.
 * @param {Version} version
 * @param {Buffer} connack
 */
export function receiveMaximum(version, connack) {
  if (version !== 5) return MOST_OUTSTANDING;
  // A CONNACK's properties are short: their length is one byte.
  let at = 3;
  while (at < connack.length) {
    const kind = connack[at++];
    if (kind === RECEIVE_MAXIMUM) return connack.readUInt16BE(at);
    const strings = SIZES.has(kind) ? 0 : kind === USER_PROPERTY ? 2 : 1;
    at += SIZES.get(kind) ?? 0;
    for (let index = 0; index < strings; index++) at += 2 + connack.readUInt16BE(at);
  }
  return MOST_OUTSTANDING;
}
