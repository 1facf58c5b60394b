import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { userFiles } from './accounts.mjs';
import { freePort, ServerProcess, temporaryFolder } from './process.mjs';
import { findPython } from './python.mjs';

const HOST = '127.0.0.1';
/** @param {string} name */
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const COLLECT = here('./collect.mjs');
const MOSQUITTO = ['/usr/sbin/mosquitto', '/usr/bin/mosquitto', '/usr/local/sbin/mosquitto'];

/**
 * Starts a bare relay of ours: `oocsi`, `crosscomm`, `osc` or `mqtt` (bare aedes).
 * @param {string} protocol
 * @param {string} name
 * @param {{ nodeArgs?: string[], args?: string[] }} options
 */
export async function startRelay(protocol, name, { nodeArgs = [], args = [] } = {}) {
  const server = new ServerProcess(name, process.execPath, [...nodeArgs, here(`../relays/${protocol}.mjs`), ...args]);
  try {
    const { port } = await server.readyLine();
    return withTarget(server, protocol, port);
  } catch (error) {
    server.kill();
    throw error;
  }
}

/**
 * A relay that collects its garbage when it gets SIGUSR2.
 * @param {string} protocol
 * @param {string} name
 */
export function startCollectingRelay(protocol, name) {
  return startRelay(protocol, name, { nodeArgs: ['--import', COLLECT] });
}

/**
 * A relay between the serial port at `path` and OOCSI clients.
 * @param {string} name
 * @param {string} path
 */
export async function startSerialRelay(name, path) {
  const server = await startRelay('serial', name, { args: [path] });
  return withTarget(server, 'oocsi', server.targets.serial.port);
}

/** What is kept of what mosquitto knows. */
const STATE = 'mosquitto.db';

/**
 * Starts Debian's mosquitto, without a limit to its queues.
 * @param {{ accounts?: number, tls?: boolean, isPersistent?: boolean, data?: string, bridgeTo?: number }} [options] `accounts`: how many users its password file and
 *   its ACL file have; `tls`: with a certificate, and without a port that has none; `isPersistent`: it saves what it knows when it ends, which it
 *   does not by default here; `data`: the folder of one that has ended, whose state it begins with;
 *   `bridgeTo`: the port of another, to which it has a bridge for all topics in both directions
 */
export async function startMosquitto({ accounts, tls, isPersistent = false, data, bridgeTo } = {}) {
  const program = MOSQUITTO.find((file) => existsSync(file));
  if (!program) throw new Error('mosquitto is not installed: apt-get install mosquitto');
  const port = await freePort();
  const folder = temporaryFolder();
  const file = path.join(folder, 'mosquitto.conf');
  const lines = [
    `listener ${port} ${HOST}`,
    ...(accounts ? ['allow_anonymous false', ...userFiles(folder, accounts)] : ['allow_anonymous true']),
    ...(tls ? certificateFiles(folder) : []),
    ...(isPersistent ? persistence(folder, data) : ['persistence false']),
    'max_queued_messages 0',
    'set_tcp_nodelay true',
    'log_dest none',
    ...(bridgeTo ? ['connection bench', `address ${HOST}:${bridgeTo}`, 'topic # both 1'] : []),
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const server = await accepting(new ServerProcess('mosquitto', program, ['-c', file], { folder }), 'mqtt', port);
  if (accounts) server.targets.mqtt.accounts = accounts;
  if (tls) server.targets.mqtts = { ...server.targets.mqtt, tls };
  return server;
}

/**
 * Lines of mosquitto's configuration by which it keeps its state in a folder. As many messages may be outstanding as a gateway allows.
 * @param {string} folder
 * @param {string | undefined} data
 */
function persistence(folder, data) {
  if (data) cpSync(path.join(data, STATE), path.join(folder, STATE));
  // As root, mosquitto would become another user, who may not write there.
  const user = ['user root'];
  return [
    ...user,
    'persistence true',
    `persistence_location ${folder}/`,
    `persistence_file ${STATE}`,
    'max_inflight_messages 1000',
  ];
}

/**
 * Makes a certificate of the kind that the gateway makes; returns the lines of mosquitto's configuration that name it.
 * @param {string} folder
 */
function certificateFiles(folder) {
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => path.join(folder, name));
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const args = ['req', '-x509', ...curve, '-subj', '/CN=localhost', '-days', '30', '-keyout', key, '-out', certificate];
  execFileSync('openssl', args, { stdio: 'ignore' });
  // As root, mosquitto becomes another user before it reads them.
  for (const file of [key, certificate]) chmodSync(file, 0o644);
  chmodSync(folder, 0o755);
  return [`certfile ${certificate}`, `keyfile ${key}`];
}

/** Starts pywayne's CrossComm server with the project's own Python. */
export async function startPywayne() {
  const python = findPython(undefined);
  if (!python) throw new Error('there is no .cache/venv with pywayne: "npm test" makes it');
  const port = await freePort();
  const args = [here('../peers/pywayne_server.py'), String(port)];
  return await accepting(new ServerProcess('pywayne', python, args), 'crosscomm', port);
}

/**
 * @param {ServerProcess} server
 * @param {string} protocol
 * @param {number} port
 */
async function accepting(server, protocol, port) {
  try {
    await server.accepting(port);
    return withTarget(server, protocol, port);
  } catch (error) {
    server.kill();
    throw error;
  }
}

/**
 * @param {ServerProcess} server
 * @param {string} protocol
 * @param {number} port
 */
function withTarget(server, protocol, port) {
  server.targets = { [protocol]: { protocol, host: HOST, port, path: '/' } };
  return server;
}
