import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { startGateway } from './gateway.mjs';
import { startRelay } from './peers.mjs';
import { findPython } from './python.mjs';

/** @import { Server } from '../types.ts' */

/** @typedef {{ ENDPOINT: string, BUCKET: string, KEY_ID: string, KEY_SECRET: string }} Access What a client needs to know */
/** @typedef {Server & { access: Access }} ObjectServer */

const run = promisify(execFile);
const PROGRAM = fileURLToPath(new URL('../peers/objects.py', import.meta.url));
const RCLONE = '/usr/bin/rclone';

/**
 * A gateway with an access key.
 * @param {{ main: string, profile?: string | undefined }} options
 * @returns {Promise<ObjectServer>}
 */
export async function startObjectGateway({ main, profile }) {
  const server = await startGateway({ main, ...(profile && { profile }) });
  const data = path.join(server.folder, 'data');
  const { stdout } = await run(process.execPath, [main, 'oss-keys', 'create', 'bench', '--data-dir', data]);
  const said = Object.fromEntries(
    [...stdout.matchAll(/^export (OSS_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]),
  );
  const access = {
    ENDPOINT: `http://127.0.0.1:${server.targets.oss.port}`,
    BUCKET: said.OSS_BUCKET_NAME,
    KEY_ID: said.OSS_ACCESS_KEY_ID,
    KEY_SECRET: said.OSS_ACCESS_KEY_SECRET,
  };
  return Object.assign(server, { access });
}

/**
 * The least that these clients can talk to.
 * @returns {Promise<ObjectServer>}
 */
export async function startBareServer() {
  const server = await startRelay('objects', 'bare Node');
  const ENDPOINT = `http://127.0.0.1:${server.targets.objects.port}`;
  return Object.assign(server, { access: { ENDPOINT, BUCKET: 'bucket', KEY_ID: 'id', KEY_SECRET: 'secret' } });
}

/**
 * Puts or gets so many objects by a client in Python; how long that took, in seconds.
 * @param {Access} access
 * @param {{ client: 'boto3' | 'oss2', operation: 'put' | 'get', prefix: string, count: number, bytes: number }} job
 * @returns {Promise<number>}
 */
export async function runPython(access, { client, operation, prefix, count, bytes }) {
  const python = findPython(undefined);
  if (!python) throw new Error('there is no .cache/venv with boto3: "npm test" makes it');
  const args = [PROGRAM, client, operation, prefix, String(count), String(bytes)];
  const { stdout } = await run(python, args, { env: { ...process.env, ...access } });
  return JSON.parse(stdout).seconds;
}

/**
 * Runs a command of rclone's, in which `remote:` is the bucket; how long that took, in seconds, with its start.
 * @param {Access} access
 * @param {readonly string[]} args
 */
export async function runRclone(access, args) {
  if (!existsSync(RCLONE)) throw new Error('rclone is not installed: apt-get install rclone');
  // Nothing of the environment that is meant for other stores.
  const env = {
    PATH: process.env.PATH,
    RCLONE_CONFIG: '/dev/null',
    RCLONE_CONFIG_REMOTE_TYPE: 'alias',
    RCLONE_CONFIG_REMOTE_REMOTE: `store:${access.BUCKET}`,
    RCLONE_CONFIG_STORE_TYPE: 's3',
    RCLONE_CONFIG_STORE_PROVIDER: 'Other',
    RCLONE_CONFIG_STORE_ENDPOINT: access.ENDPOINT,
    RCLONE_CONFIG_STORE_ACCESS_KEY_ID: access.KEY_ID,
    RCLONE_CONFIG_STORE_SECRET_ACCESS_KEY: access.KEY_SECRET,
    RCLONE_CONFIG_STORE_NO_CHECK_BUCKET: 'true',
  };
  const begun = performance.now();
  const { stdout } = await run(RCLONE, ['--retries=1', '--low-level-retries=1', ...args], { env, maxBuffer: 2 ** 26 });
  return { seconds: (performance.now() - begun) / 1000, lines: stdout.split('\n').length - 1 };
}

/**
 * Lists the bucket, page after page, by requests alone: what a client takes to read the answers does not count. How long that took, in seconds.
 * @param {Access} access
 */
export async function listPages({ ENDPOINT, BUCKET, KEY_ID, KEY_SECRET }) {
  const credentials = { accessKeyId: KEY_ID, secretAccessKey: KEY_SECRET };
  const client = new S3Client({ endpoint: ENDPOINT, region: 'us-east-1', forcePathStyle: true, credentials });
  const begun = performance.now();
  let lines = 0;
  /** @type {string | undefined} */
  let token;
  do {
    const command = new ListObjectsV2Command({ Bucket: BUCKET, ...(token && { ContinuationToken: token }) });
    const text = await (await fetch(await getSignedUrl(client, command))).text();
    lines += text.split('<Key>').length - 1;
    token = /<NextContinuationToken>([^<]*)/.exec(text)?.[1];
  } while (token);
  return { seconds: (performance.now() - begun) / 1000, lines };
}

/**
 * A folder with so many files of random bytes.
 * @param {string} folder
 * @param {number} count
 * @param {Buffer} content
 */
export function makeFiles(folder, count, content) {
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < count; index++) writeFileSync(path.join(folder, String(index).padStart(5, '0')), content);
}
