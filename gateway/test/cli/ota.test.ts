import { createHash, createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { TestShell } from '@crosscomm/testing/test-shell';
import { expect, test } from 'vitest';
import { encodeFirmware, newFirmwareKey, publicPointOf, versionOf } from '../../src/cli/ota/firmware-file.ts';

/** Runs a command in a folder. */
async function run(cwd: string, ...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const shell = new TestShell({ cwd });
  const code = await shell.run(...argv);
  return { code, out: shell.stdout.text, err: shell.stderr.text };
}

const SEND = ['ota', 'send', 'lamp', 'lamp.bin', '--firmware-version', '1.4.0', '--board', 'lamp'];

test('a key is made for its owner alone, and its line is printed again', async () => {
  const folder = await temporaryFolder();
  const made = await run(folder, 'ota', 'keygen');
  expect(made.out).toMatch(/^const char FIRMWARE_KEY\[\] = "04[0-9a-f]{128}";\n$/);
  expect((await stat(join(folder, 'firmware.key'))).mode & 0o777).toBe(0o600);
  expect((await run(folder, 'ota', 'keygen', '--show')).out).toBe(made.out);
});

test('a key that is there is never replaced', async () => {
  const folder = await temporaryFolder();
  await run(folder, 'ota', 'keygen');
  const before = await readFile(join(folder, 'firmware.key'), 'utf8');
  const again = await run(folder, 'ota', 'keygen');
  expect(again.err).toContain('is there already; --show prints the line for it. [CALL_INVALID]');
  expect(await readFile(join(folder, 'firmware.key'), 'utf8')).toBe(before);
});

test('a file of firmware has its head where the specification says', () => {
  const key = createPrivateKey(newFirmwareKey());
  const image = Buffer.from('firmware');
  const file = encodeFirmware({ image, board: 'lamp', version: [1, 4, 258], replaces: [1, 5, 0] }, key);
  expect(file.subarray(0, 24).toString('hex')).toBe('434346570100010004000201010005000000000008000000');
  expect(file.subarray(24, 56).toString('latin1')).toBe('lamp'.padEnd(32, '\0'));
  expect(file.subarray(56, 88)).toEqual(createHash('sha256').update(image).digest());
  const signed = { key: createPublicKey(key), dsaEncoding: 'ieee-p1363' } as const;
  expect(verify('sha256', file.subarray(0, 88), signed, file.subarray(88, 152))).toBe(true);
  expect(file.subarray(152)).toEqual(image);
});

test('a public key has all of its digits, also where its numbers are small', () => {
  for (let count = 0; count < 50; count++) {
    expect(publicPointOf(createPrivateKey(newFirmwareKey()))).toMatch(/^04[0-9a-f]{128}$/);
  }
});

test.each(['1.4', '1.4.0-rc1', 'v1.4.0', '1.4.65536', ''])('"%s" is no version', (text) => {
  expect(() => versionOf(text, '--replaces')).toThrow('--replaces is a version of three numbers');
});

test('what is no application, lacks its version, or has no key, is not sent', async () => {
  const folder = await temporaryFolder();
  const file = join(folder, 'lamp.bin');
  expect((await run(folder, ...SEND.slice(0, 4))).err).toContain('Say what it is: --firmware-version and --board');
  expect((await run(folder, ...SEND)).err).toContain('There is no file');
  await writeFile(file, 'hello');
  expect((await run(folder, ...SEND)).err).toContain('is no application for an ESP32');
  const image = Buffer.alloc(4096);
  image[0] = 0xe9;
  image.writeUInt32LE(0x40081000, 4);
  image.writeUInt32LE(0xabcd5432, 32);
  await writeFile(file, image);
  expect((await run(folder, ...SEND)).err).toContain('does not contain its version, the text 1.4.0');
  image.write('1.4.0', 48);
  await writeFile(file, image);
  expect((await run(folder, ...SEND)).err).toContain('There is no key');
  await writeFile(join(folder, 'firmware.key'), 'no key');
  expect((await run(folder, ...SEND)).err).toContain('is no private key of the curve P-256');
});
