import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { HttpObjects, sha256 } from '@crosscomm/testing/http-objects';
import { S3Server } from '@crosscomm/testing/s3-server';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const clone = mkdtempSync(join(tmpdir(), 'crosscomm-clone-'));

type Locked = Partial<Record<'link' | 'dev' | 'optional' | 'devOptional', boolean>> & { resolved?: string };

/** A built clone whose packages are those that `npm ci --omit=optional --omit=dev` leaves. */
beforeAll(() => {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  for (const [path, { link, dev, optional, devOptional, resolved = '' }] of Object.entries(packages)) {
    const isPackage = path.includes('node_modules/') && !dev && !optional && !devOptional;
    if (!isPackage) continue;
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    if (link) {
      symlinkSync(join(clone, resolved), join(clone, path));
      continue;
    }
    // Packages within this one have entries of their own.
    cpSync(join(ROOT, path), join(clone, path), {
      recursive: true,
      filter: (from) => !from.slice(ROOT.length + path.length).includes('node_modules'),
    });
  }
  for (const path of ['gateway', 'device-sdk/node', 'device-sdk/protocol', 'device-sdk/sim']) {
    cpSync(join(ROOT, path, 'dist'), join(clone, path, 'dist'), { recursive: true });
    cpSync(join(ROOT, path, 'package.json'), join(clone, path, 'package.json'));
  }
  cpSync(join(ROOT, 'gateway/examples'), join(clone, 'gateway/examples'), { recursive: true });
  cpSync(join(ROOT, 'gateway/crosscomm.example.yaml'), join(clone, 'gateway/crosscomm.example.yaml'));
}, 120_000);
afterAll(() => rmSync(clone, { recursive: true, force: true, maxRetries: 5 }));

function gatewayOf(objects: object, env: NodeJS.ProcessEnv = {}): GatewayProcess {
  const gateway = new GatewayProcess({ objects }, env);
  gateway.command = join(clone, 'gateway/dist/cli/main.js');
  onTestFinished(() => gateway.dispose());
  return gateway;
}

it('keeps objects on its own disk without any optional package', async () => {
  const gateway = gatewayOf({});
  await gateway.start();
  const here = new HttpObjects(gateway);
  const content = randomBytes(100_000);
  expect(await here.read(await here.put(content))).toBe(sha256(content));
});

it('keeps them in a store that speaks S3 without any optional package', async () => {
  const server = await S3Server.start();
  onTestFinished(() => server.stop());
  const bucket = await server.createBucket();
  const endpoint = `http://127.0.0.1:${server.port}`;
  const keys = { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret' };
  const gateway = gatewayOf({ store: 's3', endpoint, bucket: bucket.name }, keys);
  await gateway.start();
  const here = new HttpObjects(gateway);
  const content = randomBytes(100_000);
  const key = await here.put(content);
  await here.settle();
  expect((await bucket.read(key))?.equals(content)).toBe(true);
});

it('says what to type where objects are to be in OSS and the package for that was left out', async () => {
  const keys = { OSS_ACCESS_KEY_ID: 'id', OSS_ACCESS_KEY_SECRET: 'secret' };
  const gateway = gatewayOf({ store: 'oss', endpoint: 'http://127.0.0.1:1', bucket: 'photos' }, keys);
  await expect(gateway.start()).rejects.toThrow();
  expect(gateway.program.errors).toMatch(
    /ali-oss, which it needs, is not installed: type "npm install .*INSTALL_INCOMPLETE/,
  );
});
