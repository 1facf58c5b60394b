import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommMsgType, type Message } from '@crosscomm/client';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import type { Program } from '@crosscomm/testing/program';
import { joinPywayne } from '@crosscomm/testing/pywayne';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestClient } from './support/gateway.ts';

const TIMEOUT_MS = 60_000;
const gateway = new GatewayProcess();

describe('files between the client and an unmodified pywayne client', () => {
  let python: Program;
  let node: TestClient;
  let downloads: string;

  beforeAll(async () => {
    await gateway.start();
    downloads = join(gateway.folder, 'node');
    node = new TestClient({ clientId: 'node', port: gateway.ready.http.port });
    await node.service.login();
    python = await joinPywayne(gateway, 'python');
  }, 2 * TIMEOUT_MS);
  afterAll(async () => {
    await node?.service.logout();
    await python?.stop();
    await gateway.dispose();
  });

  test.each([
    [CommMsgType.FILE, 'bin', 1_500_000],
    [CommMsgType.IMAGE, 'jpg', 50_000],
  ])('a %s (.%s) goes both ways', { timeout: TIMEOUT_MS }, async (type, extension, size) => {
    const content = randomBytes(size);
    const path = join(gateway.folder, `sent.${extension}`);
    writeFileSync(path, content);
    await node.service.sendMessage(path, type, 'python');
    const there = await python.take('message', { type }, TIMEOUT_MS);
    expect(there).toMatchObject({ sender: 'node' });
    expect(readFileSync(String(there.content)).equals(content)).toBe(true);

    const heard = new Promise<Message>((resolve) => {
      node.service.messageListener({ msgType: type, downloadDirectory: downloads }, resolve);
    });
    python.command({ do: 'send', content: path, type, to: 'node' });
    const here = await heard;
    expect([here.fromClientId, here.fileName]).toEqual(['python', `sent.${extension}`]);
    expect((await node.service.download(String(here.ossKey))).name).toBe(`sent.${extension}`);
    expect(readFileSync(here.content).equals(content)).toBe(true);
  });

  test('a folder goes there', { timeout: TIMEOUT_MS }, async () => {
    const folder = join(gateway.folder, 'Bilder');
    mkdirSync(join(folder, 'tief', 'er'), { recursive: true });
    const large = randomBytes(1_500_000);
    writeFileSync(join(folder, 'groß.bin'), large);
    writeFileSync(join(folder, 'tief', 'er', 'Grüße +1% & mehr.txt'), 'deep');
    expect(await node.service.sendMessage(folder, CommMsgType.FOLDER, 'python')).toBe(true);
    const message = await python.take('message', { type: 'folder' }, TIMEOUT_MS);
    expect(message).toMatchObject({ sender: 'node' });
    // OssManager makes the whole key again below the folder that the client gives it.
    const received = join(String(message.content), String(message.oss_key));
    expect(readFileSync(join(received, 'groß.bin')).equals(large)).toBe(true);
    expect(readFileSync(join(received, 'tief', 'er', 'Grüße +1% & mehr.txt'), 'utf8')).toBe('deep');
    expect(readdirSync(received).toSorted()).toEqual(['groß.bin', 'tief']);
  });

  test('a folder comes from there', { timeout: TIMEOUT_MS }, async () => {
    const folder = join(gateway.folder, 'Ordner');
    mkdirSync(join(folder, 'tief'), { recursive: true });
    writeFileSync(join(folder, 'oben.txt'), 'top');
    writeFileSync(join(folder, 'tief', 'Grüße.txt'), 'deep');
    const heard = new Promise<{ content: string }>((resolve) => {
      node.service.messageListener({ msgType: 'folder', downloadDirectory: downloads }, resolve);
    });
    python.command({ do: 'send', content: folder, type: 'folder', to: 'node' });
    const { content: received } = await heard;
    expect(readFileSync(join(received, 'oben.txt'), 'utf8')).toBe('top');
    expect(readFileSync(join(received, 'tief', 'Grüße.txt'), 'utf8')).toBe('deep');
  });
});
