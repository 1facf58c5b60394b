import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { configSchema } from '../src/app/config.ts';

const packaging = join(import.meta.dirname, '../../packaging');
const INSTALLED = '/etc/crosscomm/crosscomm.yaml';

test('the gateway of a container is reached from outside, and lets nobody in without an account', async () => {
  const containerfile = await readFile(join(packaging, 'Containerfile'), 'utf8');
  const commands = containerfile.replaceAll('\\\n', ' ').match(/^RUN .+$/gm) ?? [];
  const configures = commands.filter((command) => command.includes(INSTALLED));
  expect(configures).toHaveLength(1);
  const folder = await mkdtemp(join(tmpdir(), 'crosscomm-'));
  const file = join(folder, 'crosscomm.yaml');
  await cp(join(packaging, 'debian/crosscomm.yaml'), file);
  await promisify(execFile)('sh', ['-c', (configures[0] ?? '').slice('RUN '.length).replace(INSTALLED, file)]);
  const config = configSchema.parse(parse(await readFile(file, 'utf8')));
  await rm(folder, { recursive: true, force: true });
  // What is forwarded to a container may come from its own loopback address.
  expect(config.auth.anonymous).toBe('deny');
  for (const { host } of [config.http, config.oocsi, config.mqtt, config.oss]) expect(host).toBe('0.0.0.0');
});

test('the image has its health check where it is built as the documents say', async () => {
  const documents = [join(packaging, 'Containerfile'), join(packaging, '../docs/install.md')];
  const texts = await Promise.all(documents.map((path) => readFile(path, 'utf8')));
  const builds = texts.flatMap((text) => text.match(/podman build .*/g) ?? []);
  expect(builds).toHaveLength(2);
  // podman and buildah leave it out of images of their own format, OCI.
  for (const build of builds) expect(build).toContain('--format docker');
});
