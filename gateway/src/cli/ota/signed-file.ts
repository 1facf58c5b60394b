import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { printable } from '../../common/printable.ts';
import { recognizeFirmware } from '../../transports/flashing/firmware.ts';
import { type Shell, UsageError } from '../shell.ts';
import { encodeFirmware, type FirmwareVersion, firmwareKeyOf, versionOf } from './firmware-file.ts';

/** What is to be signed, as a person says it. */
export interface SignOptions {
  firmwareVersion?: string;
  board?: string;
  key: string;
  replaces?: string;
}

/** A file for boards, and what it is. */
export interface SignedFirmware {
  version: string;
  content: Buffer;
}

/**
 * Signs the firmware in a file. `replaces` is used where no flag says it. Throws a UsageError where it is none, or something is missing.
 */
export async function signFirmware(
  shell: Shell,
  file: string,
  options: SignOptions,
  replaces?: FirmwareVersion,
): Promise<SignedFirmware> {
  const { board, firmwareVersion } = options;
  if (board === undefined || firmwareVersion === undefined) {
    throw new UsageError('Say what it is: --firmware-version and --board, both as in the sketch.');
  }
  const version = versionOf(firmwareVersion, '--firmware-version');
  const said = options.replaces === undefined ? replaces : versionOf(options.replaces, '--replaces');
  const image = await imageOf(resolve(shell.cwd, file));
  if (!image.includes(firmwareVersion)) {
    const what = `${printable(file)} does not contain its version, the text ${firmwareVersion}`;
    throw new UsageError(`${what}: is it in the sketch? A board would not know that it has it already.`);
  }
  const keyPath = resolve(shell.cwd, options.key);
  const key = firmwareKeyOf(await keyText(keyPath), keyPath);
  return { version: version.join('.'), content: encodeFirmware({ image, board, version, replaces: said }, key) };
}

/** The text of a private key. Throws a UsageError where there is none. */
export async function keyText(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) throw new UsageError(`There is no key ${printable(path)}: "ota keygen" makes one.`);
  return text;
}

async function imageOf(path: string): Promise<Buffer> {
  const content = await readFile(path).catch(() => undefined);
  if (content === undefined) throw new UsageError(`There is no file ${printable(path)}.`);
  const firmware = recognizeFirmware(content);
  const isApplication = firmware?.kind === 'esp' && (firmware.chip === 'esp8266' || firmware.offset !== 0);
  if (isApplication && firmware.offset !== undefined) return content;
  const what = 'is no application for an ESP32 or ESP8266: it is NAME.ino.bin, and not the merged one';
  throw new UsageError(`${printable(path)} ${what}.`);
}
