import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AccountError } from '../../access/account-book.ts';
import { arduinoHeader } from '../../access/certificates/arduino-header.ts';
import { type CertificateFacts, factsOf, shownFingerprint } from '../../access/certificates/certificate.ts';
import { tlsDesk } from '../../app/tls-desk.ts';
import { systemClock } from '../../common/clock.ts';
import { GatewayError } from '../../common/errors.ts';
import { isLoopback } from '../../common/loopback.ts';
import { readRunningFile } from '../../storage/running-file.ts';
import type { TlsDesk, TlsState } from '../../web/api/tls.ts';
import { reachable } from '../addresses.ts';
import { textOfGateway } from '../ask-gateway.ts';
import { askApi, gatewayMeant, type MeantOptions } from '../gateway-meant.ts';
import { placeConfig } from '../operator-place.ts';
import { isOfThisMachine, type Reach } from '../reach.ts';
import { EXIT, paintOf, type Shell, say, UsageError, warn, withCalls } from '../shell.ts';
import { aligned } from '../text.ts';

export interface TlsCommandOptions extends MeantOptions {
  json?: boolean;
}

export interface RenewOptions extends TlsCommandOptions {
  authority?: boolean;
}

export interface ExportOptions extends MeantOptions {
  arduino?: boolean;
  qr?: boolean;
  output?: string;
}

/** `crosscomm tls show`. */
export async function tlsShow(shell: Shell, options: TlsCommandOptions): Promise<number> {
  const { desk, isRunning } = await tlsPlace(shell, options);
  const { mode, authority, certificate, listeners, problems } = await desk.show();
  if (options.json) {
    const view = (facts: CertificateFacts | null): object | null => (facts === null ? null : viewOf(facts));
    const open = isRunning ? { listeners } : {};
    say(shell, JSON.stringify({ mode, authority: view(authority), certificate: view(certificate), ...open }));
    return EXIT.fine;
  }
  const isOff = mode === 'off';
  if (isOff) say(shell, 'TLS is off: "tls: {auto: true}" in the configuration has the gateway make a certificate.');
  if (authority !== null) show(shell, 'Authority', authority);
  if (certificate !== null) show(shell, 'Certificate', certificate);
  else if (!isOff) say(shell, 'The gateway makes its certificate when it starts for the first time.');
  if (listeners.length > 0) showListeners(shell, listeners);
  for (const { sentence, advice = '' } of problems) warn(shell, withCalls(shell.env, `${sentence} ${advice}`.trim()));
  return EXIT.fine;
}

/** `crosscomm tls renew`. */
export async function tlsRenew(shell: Shell, options: RenewOptions): Promise<number> {
  const { desk } = await tlsPlace(shell, options);
  const { mode, authority, certificate } = await renewed(desk, options.authority === true);
  // One of somebody's own stays as it is.
  const made = mode === 'files' ? authority : certificate;
  if (made === null) throw new TypeError('The gateway answers no certificate.');
  if (options.json) say(shell, JSON.stringify(viewOf(made)));
  else {
    show(shell, made.isAuthority ? 'Authority' : 'Certificate', made);
    if (options.authority) warn(shell, mode === 'files' ? NEW_CLIENT_AUTHORITY : NEW_AUTHORITY);
  }
  return EXIT.fine;
}

const NEW_AUTHORITY = 'There is a new authority: give it to every client (crosscomm tls export).';
const NEW_CLIENT_AUTHORITY =
  'There is a new authority: clients that prove themselves by a certificate need a new one (crosscomm account certificate).';

async function renewed(desk: TlsDesk, authority: boolean): Promise<TlsState> {
  try {
    return await desk.renew(authority);
  } catch (error) {
    const isOfTheCall = error instanceof GatewayError ? error.code === 'PEER_MALFORMED' : error instanceof AccountError;
    throw isOfTheCall ? new UsageError((error as Error).message) : error;
  }
}

/** `crosscomm tls export`. */
export async function tlsExport(shell: Shell, options: ExportOptions): Promise<number> {
  const { arduino, qr, output } = options;
  if (arduino && qr) throw new UsageError('Choose one of --arduino and --qr.');
  const { desk, http } = await tlsPlace(shell, options);
  const certificate = await desk.authority();
  if (certificate === undefined) throw new UsageError(OF_OTHERS);
  const { fingerprint } = factsOf(certificate);
  if (qr) {
    await showCode(shell, http, fingerprint);
  } else {
    const text = arduino ? arduinoHeader({ certificate, fingerprint }) : certificate;
    if (output === undefined) say(shell, text.trimEnd());
    else await write(resolve(shell.cwd, output), text);
  }
  // Not on standard output, which may be the file.
  shell.stderr.write(`SHA-256 ${shownFingerprint(fingerprint)}\n`);
  return EXIT.fine;
}

const OF_OTHERS =
  'The certificate of the gateway is your own (tls.certificate): clients check it by the authority that issued it, which is not in that file.';

interface TlsPlace {
  desk: TlsDesk;
  isRunning: boolean;
  /** Where the gateway listens for HTTP. */
  http: { host: string; port: number };
}

/** The certificates of the gateway that is meant: through its API where it runs, and else in its data folder and configuration. */
async function tlsPlace(shell: Shell, options: MeantOptions): Promise<TlsPlace> {
  const config = placeConfig(shell, options);
  const gateway = await gatewayMeant(shell, options, config.dataDir);
  const here = (await readRunningFile(config.dataDir))?.http ?? config.http;
  if (gateway === undefined) return { desk: tlsDesk({ config, clock: systemClock }), isRunning: false, http: here };
  const { hostname, port, protocol } = new URL(gateway.url);
  const host = isOfThisMachine(hostname) ? here.host : hostname.replace(/^\[|\]$/g, '');
  const http = { host, port: Number(port || (protocol === 'wss:' ? 443 : 80)) };
  return { desk: remoteDesk(shell, gateway), isRunning: true, http };
}

function remoteDesk(shell: Shell, gateway: Reach): TlsDesk {
  return {
    show: async () => (await askApi(shell, gateway, 'GET', '/tls')) as TlsState,
    renew: async (authority) => (await askApi(shell, gateway, 'POST', '/tls/renew', { authority })) as TlsState,
    async authority() {
      try {
        return await textOfGateway(shell, gateway.url, '/api/v1/tls/authority', gateway);
      } catch (error) {
        if (error instanceof GatewayError && error.code === 'PEER_NOT_FOUND') return undefined;
        throw error;
      }
    },
  };
}

async function showCode(shell: Shell, { host, port }: TlsPlace['http'], fingerprint: string): Promise<void> {
  const url = `http://${reachable(host)}:${port}/ca.crt`;
  const { qrText } = await import('../qr-text.ts');
  say(shell, qrText(`${url}#sha256=${fingerprint}`));
  say(shell, url);
  if (isLoopback(host)) warn(shell, `Only programs on this machine reach ${host}: set http.host to let others in.`);
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

function showListeners(shell: Shell, listeners: TlsState['listeners']): void {
  say(shell, paintOf(shell).bold('Listeners'));
  const rows = listeners.map(({ listener, port, tls }) => [
    listener,
    String(port),
    tls === 'required' ? 'TLS only' : 'with TLS and without',
  ]);
  for (const line of aligned(rows)) say(shell, `  ${line}`);
}
