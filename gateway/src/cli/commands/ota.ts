import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { GatewayError } from '../../common/errors.ts';
import { printable } from '../../common/printable.ts';
import { askGateway } from '../ask-gateway.ts';
import { type FirmwareVersion, firmwareKeyOf, newFirmwareKey, publicPointOf, versionOf } from '../ota/firmware-file.ts';
import { followRollout, type RolloutDetails, rolloutOf } from '../ota/rollout.ts';
import { keyText, type SignOptions, signFirmware } from '../ota/signed-file.ts';
import { type Reach, type ReachOptions, reachOf } from '../reach.ts';
import { EXIT, type Shell, say, UsageError, warn } from '../shell.ts';

export interface OtaKeygenOptions {
  show?: boolean;
  json?: boolean;
}

export interface OtaSendOptions extends ReachOptions, SignOptions {
  force?: boolean;
  wait: string;
  json?: boolean;
}

export interface OtaFleetOptions extends ReachOptions, SignOptions {
  atOnce: string;
  stopAfter: string;
  wait: string;
  json?: boolean;
}

const UPLOAD_MS = 600_000;
const MAX_WAIT_MINUTES = 7 * 24 * 60;
const MAX_BOARDS = 2000;

/** `crosscomm ota keygen`. */
export async function otaKeygen(shell: Shell, file: string, { json, show }: OtaKeygenOptions): Promise<number> {
  const path = resolve(shell.cwd, file);
  const pem = show ? await keyText(path) : newFirmwareKey();
  const point = publicPointOf(firmwareKeyOf(pem, path));
  if (!show) {
    await writeFile(path, pem, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') throw new UsageError(`${path} is there already; --show prints the line for it.`);
      throw new UsageError(`${path} could not be written (${error.message}).`);
    });
    warn(shell, `${path} has the private key: whoever has it can make firmware for your boards. Keep a copy of it.`);
  }
  say(shell, json ? JSON.stringify({ file: path, publicKey: point }) : `const char FIRMWARE_KEY[] = "${point}";`);
  return EXIT.fine;
}

/** `crosscomm ota send`. */
export async function otaSend(shell: Shell, client: string, file: string, options: OtaSendOptions): Promise<number> {
  const waitMs = numberOf(options.wait, '--wait', { least: 0, most: MAX_WAIT_MINUTES, what: 'minutes' }) * 60_000;
  // What is wrong with the file is said before the gateway is asked.
  let { content, version } = await signFirmware(shell, file, options);
  const reach = await reachOf(shell, options);
  if (options.force)
    ({ content, version } = await signFirmware(shell, file, options, await runningAt(shell, reach, client)));
  const rollout = await begin(shell, reach, content, { client });
  const isJson = options.json === true;
  if (!isJson) warn(shell, `Firmware ${version} for ${printable(client)} is at the gateway, ${kilobytes(content)}.`);
  return await followRollout(shell, reach, rollout, { waitMs, isJson });
}

/** `crosscomm ota fleet`. */
export async function otaFleet(
  shell: Shell,
  file: string,
  clients: readonly string[],
  options: OtaFleetOptions,
): Promise<number> {
  const waitMs = numberOf(options.wait, '--wait', { least: 0, most: MAX_WAIT_MINUTES, what: 'minutes' }) * 60_000;
  const atOnce = `${numberOf(options.atOnce, '--at-once', { least: 1, most: MAX_BOARDS, what: 'boards' })}`;
  const stopAfter = `${numberOf(options.stopAfter, '--stop-after', { least: 1, most: MAX_BOARDS, what: 'boards' })}`;
  const { content, version } = await signFirmware(shell, file, options);
  const reach = await reachOf(shell, options);
  const rollout = await begin(shell, reach, content, { client: clients, atOnce, stopAfter });
  const isJson = options.json === true;
  const boards = rollout.boards.length === 1 ? '1 board' : `${rollout.boards.length} boards`;
  if (!isJson) warn(shell, `Firmware ${version} for ${boards} is at the gateway, as number ${rollout.id}.`);
  return await followRollout(shell, reach, rollout, { waitMs, isJson });
}

/** `crosscomm ota stop`. */
export async function otaStop(shell: Shell, id: string, options: ReachOptions): Promise<number> {
  const reach = await reachOf(shell, options);
  await askGateway(shell, reach.url, 'DELETE', `/api/v1/firmware/${encodeURIComponent(id)}`, reach);
  const { counts } = await rolloutOf(shell, reach, id);
  say(shell, `Nothing more of number ${printable(id)} is sent; ${counts.done} boards run it.`);
  return EXIT.fine;
}

async function begin(
  shell: Shell,
  reach: Reach,
  file: Buffer,
  query: Record<string, string | readonly string[]>,
): Promise<RolloutDetails> {
  const asked = new URLSearchParams();
  for (const [name, values] of Object.entries(query)) {
    for (const value of [values].flat()) asked.append(name, value);
  }
  const path = `/api/v1/firmware?${asked}`;
  return (await askGateway(shell, reach.url, 'POST', path, { ...reach, file, timeoutMs: UPLOAD_MS })) as RolloutDetails;
}

/** Which version a board said that it runs. */
async function runningAt(shell: Shell, reach: Reach, client: string): Promise<FirmwareVersion> {
  const path = `/api/v1/clients/${encodeURIComponent(client)}/log`;
  const answer = await askGateway(shell, reach.url, 'GET', path, reach).catch((error: unknown) => {
    if (error instanceof GatewayError && error.code === 'PEER_NOT_FOUND') return { lines: [] };
    throw error;
  });
  const { lines } = answer as { lines: { text: string }[] };
  const found = lines.map(({ text }) => /^firmware (\d[\d.]*) runs(?: already)?$/.exec(text)?.[1]).filter(Boolean);
  const running = found.at(-1);
  if (running !== undefined) return versionOf(running, '--force');
  const why = `The gateway does not know which version ${printable(client)} runs`;
  throw new UsageError(`${why}: say it by --replaces, or reset the board while the gateway runs.`);
}

function kilobytes({ length }: Buffer): string {
  return `${Math.ceil(length / 1000)} kB`;
}

function numberOf(
  text: string,
  flag: string,
  { least, most, what }: { least: number; most: number; what: string },
): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= least && number <= most && (least === 0 || Number.isInteger(number)))
    return number;
  throw new UsageError(`${flag} is a number of ${what}, ${least} to ${most}, not "${printable(text)}".`);
}
