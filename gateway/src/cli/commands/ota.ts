import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { GatewayError } from '../../common/errors.ts';
import { printable } from '../../common/printable.ts';
import { recognizeFirmware } from '../../transports/flashing/firmware.ts';
import { askGateway } from '../ask-gateway.ts';
import { encodeFirmware, firmwareKeyOf, newFirmwareKey, publicPointOf, versionOf } from '../ota/firmware-file.ts';
import { type Reach, type ReachOptions, reachOf } from '../reach.ts';
import { EXIT, type Shell, say, UsageError, warn } from '../shell.ts';

export interface OtaKeygenOptions {
  show?: boolean;
  json?: boolean;
}

export interface OtaSendOptions extends ReachOptions {
  firmwareVersion?: string;
  board?: string;
  key: string;
  replaces?: string;
  wait: string;
  json?: boolean;
}

const LOOK_EVERY_MS = 500;
/** A board says how far it is every tenth; one that says nothing for so long is stuck, or gone. */
const SILENT_MS = 180_000;
const MAX_WAIT_MINUTES = 7 * 24 * 60;

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
  const { board, firmwareVersion } = options;
  if (board === undefined || firmwareVersion === undefined) {
    throw new UsageError('Say what it is: --firmware-version and --board, both as in the sketch.');
  }
  const version = versionOf(firmwareVersion, '--firmware-version');
  const replaces = options.replaces === undefined ? undefined : versionOf(options.replaces, '--replaces');
  const waitMs = minutesOf(options.wait) * 60_000;
  const image = await imageOf(resolve(shell.cwd, file));
  if (!image.includes(firmwareVersion)) {
    const what = `${printable(file)} does not contain its version, the text ${firmwareVersion}`;
    throw new UsageError(`${what}: is it in the sketch? A board would not know that it has it already.`);
  }
  const keyPath = resolve(shell.cwd, options.key);
  const content = encodeFirmware({ image, board, version, replaces }, firmwareKeyOf(await keyText(keyPath), keyPath));
  const reach = await reachOf(shell, options);
  const named = version.join('.');
  const tell = (is: string, text: string): void => {
    if (options.json) say(shell, JSON.stringify({ is, client, text }));
    else warn(shell, text);
  };
  await untilOnline(shell, reach, client, waitMs, () =>
    tell('waiting', `${printable(client)} is away; it is waited for.`),
  );
  const seen = (await logOf(shell, reach, client)).at(-1)?.timeMs ?? 0;
  const query = new URLSearchParams({ to: client, kind: 'file' });
  const name = `firmware-${board.replace(/[^\w.-]/g, '_')}-${named}.ccfw`;
  await askGateway(shell, reach.url, 'PUT', `/objects/${name}?${query}`, {
    ...reach,
    file: content,
    timeoutMs: 600_000,
  });
  tell('sent', `Firmware ${named} for ${printable(client)} is at the gateway, ${Math.ceil(content.length / 1000)} kB.`);
  return await follow(shell, reach, { client, named, seen, tell, isJson: options.json === true });
}

/** Shows what the board says of it, until it runs or was refused. */
async function follow(
  shell: Shell,
  reach: Reach,
  { client, named, seen, tell, isJson }: { client: string; named: string; seen: number; tell: Tell; isJson: boolean },
): Promise<number> {
  let last = seen;
  let heardMs = performance.now();
  for (;;) {
    for (const { text, timeMs } of await logOf(shell, reach, client)) {
      if (timeMs <= last) continue;
      last = timeMs;
      const found = /^firmware (that came|\S+) (.+)$/.exec(text);
      if (!found || (found[1] !== named && found[1] !== 'that came')) continue;
      heardMs = performance.now();
      const what = printable(found[2] as string);
      if (what.startsWith('refused')) throw new GatewayError('FLASH_FAILED', `${printable(client)} has it ${what}.`);
      if (what === 'runs') {
        say(
          shell,
          isJson ? JSON.stringify({ is: 'runs', client, text: named }) : `${printable(client)} runs ${named}.`,
        );
        return EXIT.fine;
      }
      tell('progress', `${printable(client)}: ${named} ${what}`);
    }
    if (shell.ended.aborted) {
      throw new GatewayError('FLASH_FAILED', 'You have ended the command; the board goes on with what it has begun.');
    }
    if (performance.now() - heardMs > SILENT_MS) {
      const why = 'does its sketch have CrossCommOta, and is it in reach? Send it again';
      throw new GatewayError('FLASH_FAILED', `${printable(client)} has said nothing of it for three minutes: ${why}.`);
    }
    await pause(shell);
  }
}

type Tell = (is: string, text: string) => void;

async function untilOnline(
  shell: Shell,
  reach: Reach,
  client: string,
  waitMs: number,
  away: () => void,
): Promise<void> {
  const begunMs = performance.now();
  for (let isFirst = true; ; isFirst = false) {
    const path = `/api/v1/clients/${encodeURIComponent(client)}`;
    const found = (await askGateway(shell, reach.url, 'GET', path, reach).catch((error: unknown) => {
      if (error instanceof GatewayError && error.code === 'PEER_NOT_FOUND') return {};
      throw error;
    })) as { online?: boolean };
    if (found.online) return;
    if (isFirst) away();
    if (shell.ended.aborted || performance.now() - begunMs > waitMs) {
      throw new GatewayError(
        'FLASH_FAILED',
        `${printable(client)} is away, so nothing was sent; --wait says how long to wait.`,
      );
    }
    await pause(shell);
  }
}

async function logOf(shell: Shell, reach: Reach, client: string): Promise<{ text: string; timeMs: number }[]> {
  const path = `/api/v1/clients/${encodeURIComponent(client)}/log`;
  const answer = await askGateway(shell, reach.url, 'GET', path, reach).catch((error: unknown) => {
    if (error instanceof GatewayError && error.code === 'PEER_NOT_FOUND') return { lines: [] };
    throw error;
  });
  return (answer as { lines: { text: string; timeMs: number }[] }).lines;
}

async function pause({ ended }: Shell): Promise<void> {
  await after(LOOK_EVERY_MS, undefined, { signal: ended }).catch(() => {});
}

async function imageOf(path: string): Promise<Buffer> {
  const content = await readFile(path).catch(() => undefined);
  if (content === undefined) throw new UsageError(`There is no file ${printable(path)}.`);
  const firmware = recognizeFirmware(content);
  if (firmware?.kind === 'esp' && firmware.offset !== 0 && firmware.offset !== undefined) return content;
  throw new UsageError(
    `${printable(path)} is no application for an ESP32: it is NAME.ino.bin, and not the merged one.`,
  );
}

async function keyText(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) throw new UsageError(`There is no key ${printable(path)}: "ota keygen" makes one.`);
  return text;
}

function minutesOf(text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= 0 && number <= MAX_WAIT_MINUTES) return number;
  throw new UsageError(`--wait is a number of minutes, at most ${MAX_WAIT_MINUTES}, not "${printable(text)}".`);
}
