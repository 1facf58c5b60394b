import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { Config } from '../app/config.ts';
import { askTimedatectl } from '../common/timedatectl.ts';
import { takesTls } from '../config/rules.ts';
import type { Finding } from '../observability/finding.ts';
import { diskSpeedFinding } from '../observability/machine/disk-speed.ts';
import { readKernelLog } from '../observability/machine/kernel-log.ts';
import { electricFindings } from '../observability/machine/power.ts';
import { serialAccessFindings } from '../observability/machine/serial-access.ts';
import { findingsOf } from '../observability/problems.ts';
import { roomOf } from '../observability/vitals.ts';
import { isOpenElsewhere } from '../storage/database-lock.ts';
import { isUsbPortName } from '../transports/serial/identity.ts';
import { answersHttp } from './loopback/http.ts';

/** What can be found out while no gateway runs with this configuration. */
export async function restingFindings(config: Config): Promise<Finding[]> {
  const { dataDir } = config;
  if (await isOpenElsewhere(join(dataDir, 'state'))) {
    const sentence = `A gateway has the data folder ${dataDir} in use, but it does not answer.`;
    const advice = 'If it hangs, end it and start it again; its log says more.';
    return [{ code: 'gateway', level: 'fault', values: { dataDir }, sentence, advice }, ...(await machine(config))];
  }
  const sentence = `No gateway runs with the data folder ${dataDir}.`;
  const advice = 'Start it: crosscomm start.';
  return [
    { code: 'gateway', level: 'warning', values: { dataDir }, sentence, advice },
    ...(await machine(config)),
    ...(await portFindings(config)),
  ];
}

async function machine(config: Config): Promise<Finding[]> {
  const { dataDir } = config;
  const [clock, disk, speed, kernel, serial, certificate, store] = await Promise.all([
    askTimedatectl(),
    roomOf(dataDir),
    existsSync(dataDir) ? diskSpeedFinding(dataDir) : undefined,
    readKernelLog().then((log) => electricFindings(log)),
    portsOf(config).then((paths) => serialAccessFindings(paths)),
    certificateOf(config),
    storeFindings(config),
  ]);
  const known = findingsOf({
    ...{ isClockTrusted: clock !== 'unset', disk, sharedIds: [], loopDelayMs: 0 },
    queues: { bytes: 0, limitBytes: 0 },
  }).filter(({ code }) => code === 'clock' || (code === 'disk' && existsSync(dataDir)));
  return [...known, ...(speed ? [speed] : []), ...kernel, ...serial, ...certificate, ...store];
}

/** Whether a store that is elsewhere can be reached; what it says to the credentials, a gateway that runs finds out. */
async function storeFindings({ objects: { store, endpoint } }: Config): Promise<Finding[]> {
  if (store === 'local' || !URL.canParse(endpoint)) return [];
  const code = 'object_store';
  try {
    await answersHttp(new URL(endpoint).origin);
    return [{ code, level: 'ok', values: { endpoint }, sentence: `The object store at ${endpoint} can be reached.` }];
  } catch (error) {
    const { cause = error } = error as { cause?: unknown };
    const reason = (cause as Error).message;
    const sentence = `The object store at ${endpoint} cannot be reached: ${reason}.`;
    const advice = 'Look at the network and at objects.endpoint. What was accepted waits and is not lost.';
    return [{ code, level: 'fault', values: { endpoint, reason }, sentence, advice }];
  }
}

/** The serial ports that a gateway with this configuration uses. */
async function portsOf({ serial }: Config): Promise<string[]> {
  const named = serial.ports.map(({ path }) => path);
  if (!serial.autoDetect) return named;
  const found = await readdir(serial.deviceDirectory).catch(() => []);
  return [...new Set([...named, ...found.filter(isUsbPortName).map((name) => join(serial.deviceDirectory, name))])];
}

async function certificateOf(config: Config): Promise<Finding[]> {
  if (!takesTls(config)) return [];
  const [{ OwnCertificates }, { certificateFindings }] = await Promise.all([
    import('../storage/own-certificates.ts'),
    import('../app/certificate-findings.ts'),
  ]);
  const clock = { now: () => Date.now(), isTrusted: () => true };
  const own = new OwnCertificates(config.dataDir, hostname());
  try {
    const { certificate: file } = config.tls;
    const certificate = file === undefined ? await own.present('server') : await readFile(file, 'utf8');
    const clientAuthority = await own.present('authority');
    // The gateway makes its own at its first start.
    if (certificate === undefined) return [];
    return certificateFindings({ certificate, clientAuthority }, clock, config.tls);
  } catch (error) {
    const reason = (error as Error).message;
    const sentence = `The certificate for TLS cannot be read: ${reason}.`;
    const advice = 'Correct tls.certificate, or make the file readable for the user of the gateway.';
    return [{ code: 'certificate', level: 'fault', values: { reason }, sentence, advice }];
  }
}

interface WantedPort {
  key: string;
  host: string;
  port: number;
}

/** Whether another program has a port that the gateway wants. */
async function portFindings(config: Config): Promise<Finding[]> {
  const wanted = wantedPorts(config);
  const found = await Promise.all(wanted.map(async (each) => ({ ...each, fault: await faultOfPort(each) })));
  const taken = found.flatMap(({ key, host, port, fault }): Finding[] => {
    if (fault === undefined) return [];
    const values = { key, host, port, reason: fault };
    const sentence = `The gateway cannot listen on ${host}:${port} (${key}): ${fault}.`;
    const advice = `"sudo ss -ltnp 'sport = :${port}'" shows which program has it: end that one, or choose another port with ${key}.`;
    return [{ code: 'ports', level: 'fault', subject: key, values, sentence, advice }];
  });
  if (taken.length > 0) return taken;
  const ports = wanted.map(({ port }) => port).join(', ');
  return [
    { code: 'ports', level: 'ok', values: { ports }, sentence: `The ports that the gateway wants are free: ${ports}.` },
  ];
}

function wantedPorts(config: Config): WantedPort[] {
  const encrypts = takesTls(config);
  return Object.entries(config).flatMap(([section, values]): WantedPort[] => {
    if (typeof values !== 'object' || (section === 'pages' && config.pages.folder === undefined)) return [];
    const { host = config.http.host, port, tlsPort } = values as { host?: string; port?: number; tlsPort?: number };
    const plain = port === undefined || port === 0 ? [] : [{ key: `${section}.port`, host, port }];
    const encrypted = !encrypts || !tlsPort ? [] : [{ key: `${section}.tlsPort`, host, port: tlsPort }];
    return [...plain, ...encrypted];
  });
}

const FAULTS: Record<string, string> = {
  EADDRINUSE: 'another program has this port',
  EACCES: 'this user may not use a port below 1024',
  EADDRNOTAVAIL: 'this machine does not have this address',
};

function faultOfPort({ host, port }: WantedPort): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(FAULTS[error.code ?? ''] ?? error.message));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
