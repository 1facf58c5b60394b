import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GatewayProcess } from '../support/gateway-process.ts';
import type { Program } from '../support/program.ts';
import { startPython } from '../support/python.ts';

const COMMAND = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const TIMEOUT_MS = 60_000;
const gateway = new GatewayProcess();
const programs: Program[] = [];

/** The variables that `crosscomm oss-keys create` prints, for the port that the gateway really has. */
async function createKey(name: string): Promise<Record<string, string>> {
  const args = [COMMAND, 'oss-keys', 'create', name, '--data-dir', gateway.dataDir];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const lines = stdout.trim().split('\n');
  const variables = Object.fromEntries(
    lines.map((line) => line.replace(/^export /, '').split('=') as [string, string]),
  );
  return { ...variables, OSS_ENDPOINT: `http://127.0.0.1:${gateway.ready.oss.port}` };
}

async function login(clientId: string): Promise<Program> {
  const program = startPython(clientId, 'pywayne_agent.py', [], { env: await createKey(clientId) });
  programs.push(program);
  await program.take('started', {}, TIMEOUT_MS);
  const downloads = join(gateway.folder, 'downloads', clientId);
  program.command({ do: 'login', client_id: clientId, ...gateway.ready.http, downloads });
  expect(await program.take('login', {}, TIMEOUT_MS)).toMatchObject({ success: true });
  await program.take('message', { type: 'login_response', content: { status: 'success' } }, TIMEOUT_MS);
  return program;
}

function makeFile(path: string, content: Buffer | string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
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
    const path = makeFile(join(gateway.folder, 'sent', 'kept.txt'), 'kept');
    ann.command({ do: 'send', content: path, type: 'file', to: 'ben' });
    const message = await ben.take('message', { type: 'file' }, TIMEOUT_MS);
    await gateway.kill();
    await gateway.start();
    const cid = await login('cid');
    const folder = join(gateway.folder, 'fetched');
    cid.command({ do: 'download', oss_key: message.oss_key, folder });
    expect(await cid.take('downloaded', {}, TIMEOUT_MS)).toMatchObject({ success: true });
    expect(readFileSync(join(folder, String(message.oss_key)), 'utf8')).toBe('kept');
  });
});
