import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolesOf, writeAccounts } from './accounts.mjs';
import { ServerProcess, temporaryFolder } from './process.mjs';

/** @import { Target } from '../types.ts' */

/** @typedef {{ main?: string, nodeArgs?: string[], serialPorts?: { path: string, name?: string }[], profile?: string, osc?: boolean, accounts?: number, tls?: boolean, settings?: Record<string, object>, bridges?: object[], automations?: object[], data?: string }} GatewayOptions */

/** The build that is measured. */
export const BUILT =
  process.env.CROSSCOMM_BENCH_GATEWAY ?? fileURLToPath(new URL('../../gateway/dist/cli/main.js', import.meta.url));
const COLLECT = fileURLToPath(new URL('./collect.mjs', import.meta.url));

/**
 * Whether a build speaks Open Sound Control.
 * @param {string} main its cli/main.js
 */
export const speaksOsc = (main) => existsSync(path.resolve(main, '../../protocols/osc'));

/** Whether there is a gateway to measure. */
export const isBuilt = () => existsSync(BUILT);

/**
 * Starts the gateway with its default configuration, free ports and no serial ports but those given.
 * @param {GatewayOptions} [options]
 *   `profile`: a folder that a processor profile goes to; `main`: the cli/main.js of another build;
 *   `osc`: with Open Sound Control, which a build may not have; `accounts`: how many there are, each with a role of three rules; `tls`: with a certificate
 *   of its own; `settings`: more of its configuration, by section; `bridges`: to other brokers; `automations`: what it sends by itself; `data`: the folder of a gateway that has ended, whose data it begins with.
 */
export async function startGateway({
  main = BUILT,
  nodeArgs = [],
  serialPorts = [],
  profile,
  osc = false,
  accounts,
  tls = false,
  settings = {},
  bridges = [],
  automations = [],
  data,
} = {}) {
  const folder = temporaryFolder();
  if (data) cpSync(path.join(data, 'data'), path.join(folder, 'data'), { recursive: true });
  if (accounts) writeAccounts(path.join(folder, 'data'), accounts);
  /** @type {Record<string, unknown>} */
  const config = {
    dataDir: path.join(folder, 'data'),
    http: { host: '127.0.0.1', port: 0 },
    oocsi: { host: '127.0.0.1', port: 0 },
    mqtt: { host: '127.0.0.1', port: 0 },
    oss: { host: '127.0.0.1', port: 0 },
    serial: { autoDetect: false, ports: serialPorts },
    ...(tls ? tlsSettings() : {}),
    ...(osc ? { osc: { port: 0 } } : {}),
    ...(accounts ? { auth: { roles: rolesOf(accounts) } } : {}),
    ...(bridges.length > 0 ? { bridges } : {}),
    ...(automations.length > 0 ? { automations } : {}),
  };
  for (const [key, section] of Object.entries(settings)) config[key] = Object.assign({}, config[key], section);
  const file = path.join(folder, 'bench.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify(config));
  if (profile) mkdirSync(profile, { recursive: true });
  const profiling = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
  const args = [...nodeArgs, ...profiling, main, 'start', '--json', '--config', file];
  const server = new ServerProcess('gateway', process.execPath, args, { folder });
  const ready = await started(server);
  /**
   * @param {string} protocol
   * @param {string} listener
   * @param {string} route
   * @returns {Target}
   */
  const at = (protocol, listener, route = '/') => ({
    protocol,
    host: '127.0.0.1',
    port: ready[listener].port,
    path: route,
    ...(accounts ? { accounts } : {}),
  });
  server.targets = {
    oocsi: at('oocsi', 'oocsi'),
    'oocsi-ws': at('oocsi-ws', 'http', '/ws'),
    crosscomm: at('crosscomm', 'http', '/'),
    mqtt: at('mqtt', 'mqtt'),
    oss: at('oss', 'oss'),
    ...(osc ? { osc: at('osc', 'osc') } : {}),
    ...(tls ? { mqtts: { ...at('mqtt', 'mqttTls'), tls } } : {}),
  };
  return server;
}

function tlsSettings() {
  const any = { host: '127.0.0.1', port: 0, tlsPort: 0 };
  return { tls: { auto: true }, oocsi: any, mqtt: any };
}

/**
 * A gateway that collects its garbage when it gets SIGUSR2, so that memory can be compared.
 * @param {string} main
 * @param {GatewayOptions} [options]
 */
export function startCollectingGateway(main, options) {
  return startGateway({ ...options, main, nodeArgs: ['--import', COLLECT] });
}

/** @param {ServerProcess} server */
async function started(server) {
  try {
    return await server.readyLine();
  } catch (error) {
    server.kill();
    throw error;
  }
}
