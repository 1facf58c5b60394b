import net from 'node:net';
import path from 'node:path';
import { BEFORE, FLOOR } from '../asked.mjs';
import { connectPacket } from '../load/broker/packets.mjs';
import { BUILT, startCollectingGateway, startGateway } from './gateway.mjs';
import { startCollectingRelay, startMosquitto, startRelay } from './peers.mjs';

/** @import { Options, Server, Target } from '../types.ts' */

export const MOSQUITTO = 'mosquitto';
export const AEDES = 'bare aedes';

/**
 * What a server of the broker's jobs is to be: `data`: the folder of one like it that has ended, whose data it begins with; `isCollecting`: it
 * collects its garbage when it gets SIGUSR2, where it has any; `queued`: how many messages the floor has for each session; `isStored`: the floor
 * keeps in a database what is to be kept, and not in a file.
 * @typedef {{ data?: string, isCollecting?: boolean, queued?: number, isStored?: boolean }} How
 */
/** @typedef {(how: How) => Promise<Server>} StartBroker */

/**
 * A way to speak MQTT with the gateway, and who else speaks it.
 * @typedef {{ suffix: string, version: 4 | 5, core?: 'aedes' | 'own', peers: string[] }} Variant
 */

/** What a build can do: it has a core of its own for MQTT 3.1.1, too; it speaks MQTT 5. */
/** @typedef {{ hasOwnCore: boolean, speaksFive: boolean }} Abilities */

const AEDES_CORE = ', aedes core';
const FIVE = ', MQTT 5';

/** @type {Variant[]} */
const VARIANTS = [
  { suffix: AEDES_CORE, version: 4, core: 'aedes', peers: [MOSQUITTO, AEDES, FLOOR] },
  { suffix: ', own core', version: 4, core: 'own', peers: [MOSQUITTO, AEDES, FLOOR] },
  { suffix: FIVE, version: 5, peers: [MOSQUITTO + FIVE, FLOOR] },
];

/** The limits that jobs would reach. */
const LIMITS = {
  limits: { maxRetained: 1_000_000, maxRetainedBytes: 1 << 30 },
  mqtt: { maxQueuedMessages: 100_000, maxQueuedBytes: 1 << 30, maxSessions: 10_000 },
  clients: { maxKnown: 10_000 },
};

/** The lines of a build that can do everything, without whose rows stand there. */
export const EVERY_LINE = VARIANTS.map(({ suffix, core }) => ({ suffix, core, names: [suffix] }));

/**
 * Which variants a build has.
 * @param {Abilities} abilities
 */
const variantsOf = ({ hasOwnCore, speaksFive }) =>
  VARIANTS.filter(({ version, core }) => (version === 5 ? speaksFive : core === 'aedes' || hasOwnCore));

/**
 * Who can be measured as a broker: how each is started, by name, and in which lines which of them stand.
 * @param {Options} options
 */
export async function findBrokers({ before, profile }) {
  const own = await abilitiesOf(BUILT);
  /** @type {Record<string, StartBroker>} */
  const start = {
    [MOSQUITTO]: ({ data }) => startMosquitto({ isPersistent: true, data }),
    [MOSQUITTO + FIVE]: async ({ data }) => speaking(5, await startMosquitto({ isPersistent: true, data })),
    [AEDES]: ({ isCollecting }) => startBare('mqtt', AEDES, isCollecting),
    [FLOOR]: ({ isCollecting, queued = 0, isStored }) =>
      startBare(FLOOR, FLOOR, isCollecting, [String(queued), isStored ? 'database' : 'file']),
  };
  const variants = variantsOf(own);
  for (const variant of variants) {
    const name = `gateway${variant.suffix}`;
    start[name] = gateway(BUILT, variant, own, profile && path.join(profile, name));
  }
  if (before) {
    const theirs = await abilitiesOf(before);
    for (const variant of variantsOf(theirs)) start[BEFORE + variant.suffix] = gateway(before, variant, theirs);
  }
  // What an older build cannot do yet is measured beside what its clients had.
  const older = (/** @type {string} */ suffix) => (BEFORE + suffix in start ? BEFORE + suffix : BEFORE + AEDES_CORE);
  const lines = variants.map(({ suffix, core, peers }) => ({
    suffix,
    core,
    names: [`gateway${suffix}`, ...(before ? [older(suffix)] : peers)],
  }));
  const missing = VARIANTS.filter((variant) => !variants.includes(variant)).map(({ suffix }) => suffix.slice(2));
  return { start, lines, missing };
}

/**
 * Whose row it is, by its name here.
 * @param {string} name
 */
export const whoOf = (name) => name.split(',')[0];

/**
 * @param {string} main
 * @param {Variant} variant
 * @param {Abilities} abilities
 * @param {string} [profile]
 * @returns {StartBroker}
 */
function gateway(main, { version, core }, { hasOwnCore }, profile) {
  // A build with one core alone does not know the key.
  const mqtt = { ...LIMITS.mqtt, ...(core && hasOwnCore ? { core } : {}) };
  const settings = { ...LIMITS, mqtt };
  return async ({ data, isCollecting }) => {
    const start = isCollecting ? startCollectingGateway : startPlain;
    return speaking(version, await start(main, { data, profile, settings }));
  };
}

/**
 * @param {string} main
 * @param {import('./gateway.mjs').GatewayOptions} options
 */
const startPlain = (main, options) => startGateway({ ...options, main });

/**
 * @param {string} relay
 * @param {string} name
 * @param {boolean} [isCollecting]
 * @param {string[]} [args]
 */
async function startBare(relay, name, isCollecting, args) {
  const server = await (isCollecting ? startCollectingRelay(relay, name) : startRelay(relay, name, { args }));
  server.targets.mqtt = { ...server.targets[relay], protocol: 'mqtt' };
  return server;
}

/**
 * @param {4 | 5} version
 * @param {Server} server
 */
function speaking(version, server) {
  server.targets.mqtt.version = version;
  return server;
}

/**
 * @param {string} main
 * @returns {Promise<Abilities>}
 */
async function abilitiesOf(main) {
  /** @param {Record<string, object>} settings */
  const attempt = async (settings) => {
    const server = await startGateway({ main, settings });
    try {
      return await speaksFive(server.targets.mqtt);
    } finally {
      await server.stop();
    }
  };
  try {
    return { hasOwnCore: true, speaksFive: await attempt({ mqtt: { core: 'own' } }) };
  } catch {
    // It does not know the key.
    return { hasOwnCore: false, speaksFive: await attempt({}) };
  }
}

/**
 * @param {Target} target
 * @returns {Promise<boolean>}
 */
function speaksFive({ host, port }) {
  return new Promise((resolve) => {
    const socket = net.connect(port, host);
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    socket.on('data', (bytes) => {
      resolve(bytes[0] === 0x20 && bytes[3] === 0);
      socket.destroy();
    });
    socket.write(connectPacket(5, 'bench-asks', { isKept: false, keepAliveS: 0 }));
  });
}
