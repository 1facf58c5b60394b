import { BEFORE, below } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { startSerialRelay } from '../subjects/peers.mjs';
import { latencyRow } from './rows.mjs';

/** @import { Server, Target } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

/** @type {Record<string, string>} */
const WIRES = { oocsi: 'OOCSI', crosscomm: 'CrossComm', mqtt: 'MQTT', 'oocsi-ws': 'OOCSI web' };
/** @type {Target & { name: string }} */
const DEVICE = { protocol: 'serial', host: '', port: 0, path: '', name: 'bench-device' };
const RELAY = 'bare relay';
const ASKED = below(0.5, 'ms');
const TITLE = 'Latency, serial';

const LINES = Object.keys(WIRES).flatMap((wire) => [
  { name: `serial -> ${WIRES[wire]}`, from: 'serial', to: wire, address: 'channel' },
  { name: `${WIRES[wire]} -> serial`, from: wire, to: 'serial', address: 'direct' },
]);

/**
 * The same as between the other protocols, with a device on a pseudo-terminal, which is as fast as the gateway reads it.
 * @param {Bench} bench
 */
export async function benchSerial(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile } = bench.options;
  const note = 'at 1,000 messages a second; on a pseudo-terminal, which has no baud rate';
  bench.begin({ title: TITLE, note, more: '99th percentile', showsLoss: true });
  // Each has a device of its own: a port has one owner.
  /** @type {{ load: Load, path: string }[]} */
  const devices = [];
  /** @param {(path: string) => Promise<Server>} start */
  const withDevice = async (start) => {
    const device = await startDevice();
    devices.push(device);
    return Object.assign(await start(device.path), { device: device.load });
  };
  /** @param {string} main */
  const gateway = (main) =>
    withDevice((path) => startGateway({ main, profile, serialPorts: [{ path, name: DEVICE.name }] }));
  const relay = () => withDevice((path) => startSerialRelay(RELAY, path));
  const cast = await Cast.start(bench.starters(gateway, { [RELAY]: relay }));
  for (const { name, from, to, address } of wanted) {
    /** @param {Server & { device: Load }} server */
    const run = (server) => {
      /** @type {Record<string, Target>} */
      const targets = { ...server.targets, serial: DEVICE };
      const job = { from: targets[from], to: targets[to], rate: 1000 };
      return server.device.run('paced', { ...job, address, pairs: false, warmupMs, measureMs });
    };
    const peers = from === 'oocsi' || to === 'oocsi' ? [RELAY] : [];
    const rows = await cast.alternate(rounds, run, ['gateway', BEFORE, ...peers]);
    bench.add({ name, unit: 'ms', asked: ASKED }, rows.map(latencyRow));
  }
  await cast.stop();
  for (const { load } of devices) load.stop();
}

async function startDevice() {
  const load = Load.withSerialPort();
  const path = await load.run('serialPath', {});
  if (path === undefined) throw new Error('the load generator has no pseudo-terminal');
  return { load, path };
}
