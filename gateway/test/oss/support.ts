import { createHmac } from 'node:crypto';
import { dirname } from 'node:path';
import { FakeClock } from '@crosscomm/testing/fake-clock';
import type { MemoryLog } from '@crosscomm/testing/memory-log';
import { onTestFinished } from 'vitest';
import type { ObjectStore } from '../../src/objects/contract.ts';
import { Incidents } from '../../src/observability/incidents.ts';
import { MetricsRegistry } from '../../src/observability/metrics.ts';
import { type AccessKey, AccessKeys } from '../../src/oss/access-keys.ts';
import { createOssEndpoint, type OssEndpoint, type OssEndpointOptions } from '../../src/oss/endpoint.ts';
import { listen } from '../../src/transports/listen.ts';
import { buildStore } from '../objects/support.ts';

export const BUCKET = 'crosscomm';
export const REGION = 'cn-anywhere';

export interface EndpointHouse {
  endpoint: OssEndpoint;
  store: ObjectStore;
  clock: FakeClock;
  log: MemoryLog;
  incidents: Incidents;
  dataDir: string;
  keys: AccessKeys;
  key: AccessKey;
  port: number;
  /** `http://127.0.0.1:9899` */
  url: string;
  /** A request signed by V1, written out by hand; header names in lower case. */
  fetch(method: string, resource: string, init?: SignedInit): Promise<Response>;
  /** As after a restart of the gateway, on another port. */
  restart(options?: Partial<OssEndpointOptions>): Promise<void>;
}

export interface SignedInit {
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Parameters that V1 does not sign: `prefix=a&max-keys=1`. */
  unsigned?: string;
}

/** The endpoint over a local store, with one access key; its clock stands still, at the real time. */
export async function buildEndpoint(options: Partial<OssEndpointOptions> = {}): Promise<EndpointHouse> {
  const clock = new FakeClock(Date.now());
  const { folder, log, store } = await buildStore({ clock });
  const dataDir = dirname(folder);
  const keys = new AccessKeys(dataDir);
  const key = await keys.create('test', clock.now());
  const incidents = new Incidents(clock, log, new MetricsRegistry());
  const open = async (more: Partial<OssEndpointOptions>): Promise<{ endpoint: OssEndpoint; port: number }> => {
    const endpoint = await createOssEndpoint({
      store,
      clock,
      incidents,
      log,
      dataDir,
      bucket: BUCKET,
      maxMultipartBytes: 2 ** 30,
      multipartMaxAgeMs: 7 * 86_400_000,
      maxConnections: 100,
      handshakeTimeoutMs: 10_000,
      idleTimeoutMs: 60_000,
      ...options,
      ...more,
    });
    onTestFinished(() => endpoint.close());
    const { port } = await listen(endpoint.server, { host: '127.0.0.1', port: 0, listener: 'oss' });
    return { endpoint, port };
  };
  const opened = await open({});
  const house: EndpointHouse = {
    ...opened,
    store,
    clock,
    log,
    incidents,
    dataDir,
    keys,
    key,
    url: `http://127.0.0.1:${opened.port}`,
    fetch: (method, resource, init = {}) => signedFetch(house, method, resource, init),
    restart: async (more = {}) => {
      await house.endpoint.close();
      Object.assign(house, await open(more));
      house.url = `http://127.0.0.1:${house.port}`;
    },
  };
  return house;
}

/** `resource` is as it is signed, `/bucket/key?subresource`, in characters that need no encoding. */
export function signedFetch(
  { url, key, clock }: Pick<EndpointHouse, 'url' | 'key' | 'clock'>,
  method: string,
  resource: string,
  { headers = {}, body, unsigned }: SignedInit,
): Promise<Response> {
  const date = new Date(clock.now()).toUTCString();
  const sent = { 'x-oss-date': date, ...headers };
  const signature = signatureOf(key.secret, method, resource, sent);
  const separator = resource.includes('?') ? '&' : '?';
  return fetch(url + resource + (unsigned ? separator + unsigned : ''), {
    method,
    headers: { ...sent, authorization: `OSS ${key.id}:${signature}` },
    // As bytes, or fetch would give text a type that was not signed.
    ...(body !== undefined && { body: new Uint8Array(Buffer.from(body)) }),
  });
}

/** V1, from its description: HMAC-SHA1 over verb, MD5, type, date, headers and resource. */
export function signatureOf(secret: string, method: string, resource: string, headers: Record<string, string>): string {
  const ossHeaders = Object.keys(headers)
    .filter((name) => name.startsWith('x-oss-'))
    .sort()
    .map((name) => `${name}:${headers[name]}\n`)
    .join('');
  const { 'content-md5': md5 = '', 'content-type': type = '', 'x-oss-date': date = '' } = headers;
  return createHmac('sha1', secret)
    .update(`${method}\n${md5}\n${type}\n${date}\n${ossHeaders}${resource}`)
    .digest('base64');
}

/** The text of an element of an XML answer. */
export function tag(xml: string, name: string): string | undefined {
  return new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1];
}

/** The status and the code of an error. */
export async function codeOf(response: Response): Promise<[number, string | undefined]> {
  return [response.status, tag(await response.text(), 'Code')];
}
