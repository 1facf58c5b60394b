import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import type { Program } from '@crosscomm/testing/program';
import { joinPywayne } from '@crosscomm/testing/pywayne';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';

const TIMEOUT_MS = 60_000;
const gateway = new GatewayProcess();
const programs: Program[] = [];

async function login(clientId: string): Promise<Program> {
  const program = await joinPywayne(gateway, clientId);
  programs.push(program);
  return program;
}

function makeFile(path: string, content: Buffer | string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** What the store has written down of its objects. */
function sidecars(): string[] {
  const folder = join(gateway.dataDir, 'objects');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

describe('unmodified pywayne clients, with no object storage but the gateway', () => {
  let ann: Program;
  let ben: Program;

  beforeAll(async () => {
    await gateway.start();
    [ann, ben] = await Promise.all([login('ann'), login('ben')]);
  }, 2 * TIMEOUT_MS);
  afterAll(async () => {
    await Promise.all(programs.map((program) => program.stop()));
    await gateway.dispose();
  });

  test.each([
    ['file', 'bin', 3_000_000],
    ['file', 'txt', 0],
    ['image', 'jpg', 50_000],
  ])('exchange a %s (.%s, %i bytes)', { timeout: TIMEOUT_MS }, async (type, extension, size) => {
    const content = randomBytes(size);
    const path = makeFile(join(gateway.folder, 'sent', `${type}.${extension}`), content);
    ann.command({ do: 'send', content: path, type, to: 'ben' });
    expect(await ann.take('sent', {}, TIMEOUT_MS)).toMatchObject({ success: true });
    const message = await ben.take('message', { type }, TIMEOUT_MS);
    expect(message.oss_key).toMatch(new RegExp(`^cross_comm/ann/\\d+_[0-9a-f]{8}\\.${extension}$`));
    expect(message.content).toContain(join(gateway.folder, 'downloads', 'ben'));
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(digest(readFileSync(String(message.content)))).toBe(digest(content));
    const listed = { key: message.oss_key, kind: type, fileName: `${type}.${extension}`, from: 'ann', to: 'ben', size };
    await vi.waitFor(async () => {
      const url = `http://127.0.0.1:${gateway.ready.http.port}/api/v1/objects?from=ann&to=ben&kind=${type}&limit=1`;
      expect(((await (await fetch(url)).json()) as { objects: object[] }).objects).toMatchObject([listed]);
    });
  });

  test('exchange a folder', { timeout: TIMEOUT_MS }, async () => {
    const folder = join(gateway.folder, 'sent', 'Ordner');
    makeFile(join(folder, 'oben.txt'), 'top');
    makeFile(join(folder, 'tief', 'Grüße +1% & mehr.txt'), 'deep');
    ben.command({ do: 'send', content: folder, type: 'folder', to: 'ann' });
    const message = await ann.take('message', { type: 'folder' }, TIMEOUT_MS);
    expect(message.oss_key).toMatch(/^cross_comm\/ben\/\d+_[0-9a-f]{8}_folder\/$/);
    // OssManager makes the whole key again below the folder that the client gives it.
    const received = join(String(message.content), String(message.oss_key));
    expect(readFileSync(join(received, 'oben.txt'), 'utf8')).toBe('top');
    expect(readFileSync(join(received, 'tief', 'Grüße +1% & mehr.txt'), 'utf8')).toBe('deep');
  });

  test('find their files again after the gateway was killed', { timeout: TIMEOUT_MS }, async () => {
    const path = makeFile(join(gateway.folder, 'sent', 'behalten ä.txt'), 'kept');
    ann.command({ do: 'send', content: path, type: 'file', to: 'ben' });
    const message = await ben.take('message', { type: 'file' }, TIMEOUT_MS);
    // The name is written down beside the object while the message is on its way.
    await expect.poll(() => sidecars().some((text) => text.includes('behalten'))).toBe(true);
    await gateway.kill();
    await gateway.start();
    const answer = await fetch(`http://127.0.0.1:${gateway.ready.http.port}/objects/${message.oss_key}`);
    expect(answer.headers.get('content-disposition')).toContain("filename*=UTF-8''behalten%20%C3%A4.txt");
    const cid = await login('cid');
    const folder = join(gateway.folder, 'fetched');
    cid.command({ do: 'download', oss_key: message.oss_key, folder });
    expect(await cid.take('downloaded', {}, TIMEOUT_MS)).toMatchObject({ success: true });
    expect(readFileSync(join(folder, String(message.oss_key)), 'utf8')).toBe('kept');
  });
});
