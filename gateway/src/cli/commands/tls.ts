import { readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { arduinoHeader } from '../../access/certificates/arduino-header.ts';
import { type CertificateFacts, factsOf, shownFingerprint } from '../../access/certificates/certificate.ts';
import type { Config } from '../../app/config.ts';
import { authorityFault, authorityIn, namesOfMachine, timeFault } from '../../app/tls.ts';
import { systemClock } from '../../common/clock.ts';
import { GatewayError } from '../../common/errors.ts';
import { isLoopback } from '../../common/loopback.ts';
import { OwnCertificates } from '../../storage/own-certificates.ts';
import { readRunningFile } from '../../storage/running-file.ts';
import { reachable } from '../addresses.ts';
import { type PlaceOptions, placeConfig } from '../operator-place.ts';
import { EXIT, paintOf, type Shell, say, UsageError, warn, withCalls } from '../shell.ts';
import { aligned } from '../text.ts';

export interface TlsCommandOptions extends PlaceOptions {
  json?: boolean;
}

export interface RenewOptions extends TlsCommandOptions {
  authority?: boolean;
}

export interface ExportOptions extends PlaceOptions {
  arduino?: boolean;
  qr?: boolean;
  output?: string;
}

/** `crosscomm tls show`. */
export async function tlsShow(shell: Shell, options: TlsCommandOptions): Promise<number> {
  const config = placeConfig(shell, options);
  const own = new OwnCertificates(config.dataDir, hostname());
  const [authority, server] = await Promise.all([own.present('authority'), shownCertificate(config, own)]);
  if (options.json) {
    const view = (pem: string | undefined): object | null => (pem === undefined ? null : viewOf(factsOf(pem)));
    say(shell, JSON.stringify({ mode: modeOf(config), authority: view(authority), certificate: view(server) }));
    return EXIT.fine;
  }
  const isOff = modeOf(config) === 'off';
  if (isOff) say(shell, 'TLS is off: "tls: {auto: true}" in the configuration has the gateway make a certificate.');
  if (authority !== undefined) {
    show(shell, 'Authority', factsOf(authority));
    const ends = authorityFault(authority, systemClock, config.tls);
    if (ends !== undefined) warn(shell, withCalls(shell.env, ends));
  }
  if (server !== undefined) {
    show(shell, 'Certificate', factsOf(server));
    const fault = timeFault(server, systemClock);
    if (fault !== undefined) warn(shell, fault);
  } else if (!isOff) say(shell, 'The gateway makes its certificate when it starts for the first time.');
  return EXIT.fine;
}

/** `crosscomm tls renew`. */
export async function tlsRenew(shell: Shell, options: RenewOptions): Promise<number> {
  const config = placeConfig(shell, options);
  if (modeOf(config) === 'files') {
    throw new UsageError(
      `The gateway uses a certificate of your own: replace ${config.tls.certificate} and ${config.tls.key}, and it loads them.`,
    );
  }
  const own = new OwnCertificates(config.dataDir, hostname());
  const nowMs = Date.now();
  if (options.authority) await own.makeAuthority(nowMs);
  const { certificate } = await own.makeServer({ names: namesOfMachine(config), nowMs });
  const facts = factsOf(certificate);
  if (options.json) say(shell, JSON.stringify(viewOf(facts)));
  else {
    show(shell, 'Certificate', facts);
    if (options.authority) warn(shell, 'There is a new authority: give it to every client (crosscomm tls export).');
  }
  return EXIT.fine;
}

/** `crosscomm tls export`. */
export async function tlsExport(shell: Shell, options: ExportOptions): Promise<number> {
  const config = placeConfig(shell, options);
  const certificate = await trusted(config);
  const { fingerprint } = factsOf(certificate);
  const { arduino, qr, output } = options;
  if (arduino && qr) throw new UsageError('Choose one of --arduino and --qr.');
  if (qr) {
    await showCode(shell, config, fingerprint);
  } else {
    const text = arduino ? arduinoHeader({ certificate, fingerprint }) : certificate;
    if (output === undefined) say(shell, text.trimEnd());
    else await write(resolve(shell.cwd, output), text);
  }
  // Not on standard output, which may be the file.
  shell.stderr.write(`SHA-256 ${shownFingerprint(fingerprint)}\n`);
  return EXIT.fine;
}

/** The certificate by which clients know the gateway; it is made where the gateway would make it. */
async function trusted(config: Config): Promise<string> {
  if (modeOf(config) !== 'files') {
    return (await new OwnCertificates(config.dataDir, hostname()).authority(Date.now())).certificate;
  }
  const found = authorityIn(await readOwn(config));
  if (found !== undefined) return found;
  throw new UsageError(
    `The certificate in ${config.tls.certificate} is your own: clients check it by the authority that issued it, which is not in that file.`,
  );
}

async function showCode(shell: Shell, config: Config, fingerprint: string): Promise<void> {
  const { host, port } = (await readRunningFile(config.dataDir))?.http ?? config.http;
  const url = `http://${reachable(host)}:${port}/ca.crt`;
  const { encodeQR } = await import('qr');
  say(shell, encodeQR(`${url}#sha256=${fingerprint}`, 'term').trimEnd());
  say(shell, url);
  if (isLoopback(host)) warn(shell, `Only programs on this machine reach ${host}: set http.host to let others in.`);
}

function modeOf({ tls }: Config): 'off' | 'auto' | 'files' {
  if (tls.auto) return 'auto';
  return tls.certificate === undefined ? 'off' : 'files';
}

async function shownCertificate(config: Config, own: OwnCertificates): Promise<string | undefined> {
  return modeOf(config) === 'files' ? await readOwn(config) : await own.present('server');
}

async function readOwn({ tls }: Config): Promise<string> {
  const path = tls.certificate ?? '';
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new GatewayError('CONFIG_INVALID', `tls.certificate is ${path}, which cannot be read.`, { cause });
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (cause) {
    throw new GatewayError('OUTPUT_FAILED', `${path} cannot be written (${(cause as Error).message}).`, { cause });
  }
}

function viewOf({ validFromMs, validToMs, ...facts }: CertificateFacts): object {
  return { ...facts, from: new Date(validFromMs).toISOString(), until: new Date(validToMs).toISOString() };
}

function show(shell: Shell, title: string, { subject, fingerprint, validToMs, names }: CertificateFacts): void {
  say(shell, paintOf(shell).bold(title));
  const rows = [
    ['For', subject],
    ['Until', new Date(validToMs).toISOString().slice(0, 10)],
    ...names.map((name, index) => [index === 0 ? 'Names' : '', name]),
    ['SHA-256', shownFingerprint(fingerprint)],
  ];
  for (const line of aligned(rows)) say(shell, `  ${line}`);
}
