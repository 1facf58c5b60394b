import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { createOssKeys } from '@crosscomm/testing/oss-keys';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

// Clients of S3 that npm run test:clients fetched and compiled; scripts/lib/s3-clients.mjs says where they are.

const BUILT = fileURLToPath(new URL('../.cache/s3-clients/', import.meta.url));
const run = promisify(execFile);

let gateway: GatewayProcess;
let env: Record<string, string>;

beforeAll(async () => {
  gateway = new GatewayProcess();
  await gateway.start();
  const { OSS_ENDPOINT, OSS_BUCKET_NAME, OSS_ACCESS_KEY_ID, OSS_ACCESS_KEY_SECRET } = await createOssKeys(
    gateway,
    's3',
  );
  env = {
    ENDPOINT: OSS_ENDPOINT ?? '',
    BUCKET: OSS_BUCKET_NAME ?? '',
    KEY_ID: OSS_ACCESS_KEY_ID ?? '',
    KEY_SECRET: OSS_ACCESS_KEY_SECRET ?? '',
  };
});
afterAll(() => gateway?.dispose());

const KEY = 'ordner/Grüße & +1%.txt';
/** What each of them sees: an object that it puts, copies, uploads in parts, finds in a list, and deletes. */
const STORY = {
  colour: 'blue',
  text: 'hello',
  range: 'ell',
  copy: 'hello',
  large: true,
  keys: [KEY, 'ordner/copy', 'ordner/large'],
  left: [],
  missing: 'NoSuchKey',
};

describe.each([
  ['aws-sdk-go-v2', 'go/aws', { url: 'hello' }],
  ['minio-go', 'go/minio', { url: 'hello' }],
  ['object_store', 'rust/debug/object-store-agent', { signed: true }],
])('%s', (_name, program, more) => {
  it('puts, gets, copies, uploads in parts, lists, signs URLs and deletes', async () => {
    const { stdout } = await run(join(BUILT, program), { env: { ...process.env, ...env } });
    expect(JSON.parse(stdout)).toEqual({ ...STORY, ...more });
  });
});

describe.each([
  ['V4', []],
  ['V2', ['--signature-v2']],
])('s3cmd with signatures %s', (_version, flags) => {
  it('puts, lists, gets and deletes files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'crosscomm-s3cmd-'));
    const { ENDPOINT = '', BUCKET, KEY_ID = '', KEY_SECRET = '' } = env;
    const { host } = new URL(ENDPOINT);
    const s3cmd = (...args: string[]) =>
      run('s3cmd', [
        ...['--config=/dev/null', '--no-ssl', `--host=${host}`, `--host-bucket=${host}`, '--no-progress', ...flags],
        ...[`--access_key=${KEY_ID}`, `--secret_key=${KEY_SECRET}`, '--multipart-chunk-size-mb=5', ...args],
      ]);
    const [from, to, url] = [join(folder, 'from'), join(folder, 'to'), `s3://${BUCKET}/ordner/Grüße +1%.bin`];
    const content = randomBytes(12 * 1024 * 1024);
    await writeFile(from, content);
    await s3cmd('put', from, url);
    expect((await s3cmd('ls', `s3://${BUCKET}/ordner/`)).stdout).toMatch(
      / 12582912 .* s3:\S+\/ordner\/Grüße \+1%\.bin\n$/,
    );
    await s3cmd('get', url, to);
    expect(sha256(await readFile(to))).toBe(sha256(content));
    await s3cmd('del', url);
    expect((await s3cmd('ls', `s3://${BUCKET}/ordner/`)).stdout).toBe('');
    await rm(folder, { recursive: true });
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
