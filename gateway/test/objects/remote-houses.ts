import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3Server } from '@crosscomm/testing/s3-server';
import { temporaryFolder } from '@crosscomm/testing/temporary-folder';
import { afterAll, onTestFinished } from 'vitest';
import type { Clock } from '../../src/common/clock.ts';
import { systemClock } from '../../src/common/clock.ts';
import { digestFile } from '../../src/objects/content/digests.ts';
import type { ObjectInfo } from '../../src/objects/contract.ts';
import { OssStore } from '../../src/objects/remote/oss/oss-store.ts';
import { S3Store, type S3StoreOptions } from '../../src/objects/remote/s3/s3-store.ts';
import type { Destination } from '../../src/objects/uploads/mover.ts';
import { BUCKET, buildEndpoint, REGION } from '../oss/support.ts';
import { body, contentOf } from './support.ts';

export const PART_BYTES = 102_400;
/** S3 takes no smaller parts. */
const S3_BYTES = 5 * 1024 * 1024;

/** What tests ask of a store in the network, besides what the gateway does with it. */
export interface Far {
  port: number;
  /** Its content as it is there; undefined if there is no such object. */
  read(key: string): Promise<Buffer | undefined>;
  write(key: string, content: string): Promise<void>;
  /** The ids of uploads in parts that nobody has completed. */
  unfinished(): Promise<string[]>;
  /** The gateway's way to it. */
  open(options?: FarOptions): Destination & { close(): void };
  /** Sets its clock so much forward, if it looks at one. */
  shiftClock(ms: number): void;
}

export interface FarOptions {
  /** By default its own. */
  endpoint?: string;
  secret?: string;
  timeoutMs?: number;
  clock?: Clock;
}

export interface House {
  /** As its messages call it. */
  name: 'OSS' | 'S3';
  where: string;
  /** What it takes as the smallest part but the last, at least PART_BYTES. */
  partBytes: number;
  /** Whether it looks at signatures and the time in them. */
  isStrict: boolean;
  build(): Promise<Far>;
}

/** Every kind of store, for `describe.each`. */
export function remoteHouses(): House[] {
  let server: Promise<S3Server> | undefined;
  afterAll(async () => await (await server)?.stop());
  const atServer = async (): Promise<Far> => {
    server ??= S3Server.start();
    return await inBucket(await server);
  };
  return [
    {
      name: 'OSS',
      where: 'another gateway',
      partBytes: PART_BYTES,
      isStrict: true,
      build: () => inGateway('OSS', PART_BYTES),
    },
    {
      name: 'S3',
      where: 'another gateway',
      partBytes: S3_BYTES,
      isStrict: true,
      build: () => inGateway('S3', S3_BYTES),
    },
    { name: 'S3', where: 'a server of others', partBytes: PART_BYTES, isStrict: false, build: atServer },
  ];
}

/** By one of the two protocols that it speaks at one address. */
async function inGateway(name: 'OSS' | 'S3', partBytes: number): Promise<Far> {
  const house = await buildEndpoint();
  const { id, secret: ownSecret } = house.key;
  const sent = new Map<string, ObjectInfo>();
  return {
    port: house.port,
    read: async (key) => {
      const opened = await house.store.open(key);
      return opened && (await contentOf(opened.stream));
    },
    write: async (key, content) => void (await house.store.write(key, body(content))),
    unfinished: async () => idsIn(await (await house.fetch('GET', `/${BUCKET}/?uploads`)).text()),
    open: ({ endpoint = house.url, secret = ownSecret, timeoutMs = 10_000, clock = systemClock } = {}) => {
      const place = { endpoint, bucket: BUCKET, region: REGION, addressing: 'path', accessKeyId: id } as const;
      const options = { ...place, partBytes, timeoutMs, clock };
      return name === 'OSS'
        ? closed(new OssStore({ ...options, accessKeySecret: secret }))
        : closed(remembering(sent, { ...options, secretAccessKey: secret }));
    },
    shiftClock: (ms) => house.clock.jumpTo(house.clock.now() + ms),
  };
}

function idsIn(xml: string): string[] {
  return [...xml.matchAll(/<UploadId>([^<]*)</g)].map(([, id = '']) => id);
}

async function inBucket(server: S3Server): Promise<Far> {
  const bucket = await server.createBucket();
  const sent = new Map<string, ObjectInfo>();
  return {
    port: server.port,
    read: (key) => bucket.read(key),
    write: (key, content) => bucket.write(key, Buffer.from(content)),
    unfinished: () => bucket.unfinished(),
    open: ({ endpoint = server.url, secret = 'secret', timeoutMs = 10_000, clock = systemClock } = {}) =>
      closed(
        remembering(sent, {
          ...{ endpoint, bucket: bucket.name, region: 'eu-central-1', addressing: 'path' },
          ...{ partBytes: PART_BYTES, timeoutMs, clock },
          accessKeyId: 'id',
          secretAccessKey: secret,
        }),
      ),
    shiftClock: () => {},
  };
}

/** A store that knows what was brought there, as the gateway's list of objects does. */
function remembering(sent: Map<string, ObjectInfo>, options: S3StoreOptions): S3Store {
  const store = new S3Store({ ...options, sent: async (key) => sent.get(key) });
  const adopt = store.adopt.bind(store);
  store.adopt = async (...given) => {
    const info = await adopt(...given);
    sent.set(info.key, info);
    return info;
  };
  return store;
}

function closed<S extends { close(): void }>(store: S): S {
  onTestFinished(() => store.close());
  return store;
}

/** A complete file as the spool has them. */
export async function spooled(content: Uint8Array) {
  const path = join(await temporaryFolder(), '1.data');
  await writeFile(path, content);
  return { path, id: '1', digests: await digestFile(path, content.length, { withMd5: false }) };
}
