import { z } from 'zod';
import { isNetwork } from '../common/networks.ts';
import { auth } from './auth.ts';
import { automations } from './automations.ts';
import { bridges } from './bridges.ts';
import { cluster } from './cluster.ts';
import { discovery } from './discovery.ts';
import { bytes, count, duration, GIB, host, KIB, largeBytes, MIB, optionalPort, port } from './fields.ts';
import { history } from './history.ts';
import { devices, homeAssistant } from './home-assistant.ts';
import type { ConfigSection } from './section.ts';
import { shapes } from './shapes.ts';
import { tls } from './tls.ts';

/** Where the OSS listener opens if the configuration does not say. */
export const OSS_PORT = 9899;

const hostName = z.string().regex(/^[^\s:/@[\]]+$/, 'a name without a port, such as gateway.fritz.box');
const origin = z
  .string()
  .regex(/^(?:null|[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^\s/?#]+\/?)$/, 'an origin such as https://example.org, or "null"');

const network = z
  .string()
  .refine(isNetwork, { error: 'an address or a network such as 127.0.0.1, 192.168.1.0/24 or fd00::/8' });

/** The sections that stand before those of protocols, and after them. */
const BEFORE = {
  dataDir: z.string().min(1).default('crosscomm-data').describe('folder for what must survive a restart'),
  http: z
    .strictObject({
      host: host.describe('address to listen on'),
      port: port(9898).describe('port for CrossComm, WebSockets and HTTP'),
      maxBodyBytes: bytes(MIB).describe('longest body of an HTTP request'),
      serviceTimeoutMs: duration(1800, 1).describe('how long a service that is called over HTTP may take to answer'),
      hosts: z.array(hostName).default([]).describe('more host names by which requests may reach this gateway'),
      origins: z.array(origin).default([]).describe('origins whose web pages may do what programs may'),
      trustedProxies: z
        .array(network)
        .default([])
        .describe('addresses and networks of proxies that are believed whom they pass on'),
    })
    .prefault({})
    .describe('CrossComm, web pages and HTTP'),
  pages: z
    .strictObject({
      folder: z.string().min(1).optional().describe('folder of your own web pages to serve; none by default'),
      host: z.string().min(1).optional().describe('address to listen on; by default that of http'),
      port: port(9897).describe('port for your own web pages'),
    })
    .prefault({})
    .describe('your own web pages'),
};

const AFTER = {
  objects: z
    .strictObject({
      maxBytes: largeBytes(16 * GIB).describe('most bytes of all objects together'),
      maxAgeMs: z.number().int().min(0).default(0).describe('age at which objects are removed; 0 keeps them'),
      linkMs: duration(604_800_000, 1000).describe('how long the address of an object works'),
      publicUrl: z
        .string()
        .regex(/^$|^https?:\/\/[^\s?#]+$/, 'an address such as http://gateway.local:9898')
        .default('')
        .describe('beginning of the addresses of objects, if others reach the gateway by another name'),
      store: z
        .enum(['local', 'oss', 's3'])
        .default('local')
        .describe('where objects are kept: in the data folder, in OSS, or in a store that speaks S3'),
      endpoint: z.string().default('').describe('address of the OSS or S3 store to keep objects in'),
      bucket: z.string().default('').describe('bucket of that store'),
      region: z.string().default('').describe('region of that store, for signatures'),
      addressing: z
        .enum(['host', 'path', 'cname'])
        .default('host')
        .describe('where requests to that store name the bucket: in the host name, in the path, or nowhere'),
      timeoutMs: duration(60_000, 1000).describe('how long a request to that store may take; for s3: may stand still'),
      partBytes: bytes(MIB, 100 * KIB).describe(
        'size of the parts in which large objects are sent to that store; for s3 at least 5 MiB',
      ),
      maxListed: count(100_000).describe('most objects in that store that are remembered for the list of objects'),
    })
    .prefault({})
    .describe('files and images'),
  uploads: z
    .strictObject({
      maxBytes: largeBytes(2 * GIB).describe('largest object that may be uploaded'),
      maxTotalBytes: largeBytes(4 * GIB).describe('most bytes of all uploads on their way to the store'),
      maxReceiving: count(1000).describe('most uploads at once'),
      stallMs: duration(30_000, 100).describe('how long an upload may receive nothing before it is interrupted'),
      idleMs: duration(3_600_000, 1000).describe('how long an interrupted upload can be continued'),
      recipientMs: duration(600_000).describe(
        'how long the message about a file waits for a recipient that is offline',
      ),
    })
    .prefault({})
    .describe('files and images that are being uploaded'),
  oss: z
    .strictObject({
      host: host.describe('address to listen on'),
      port: optionalPort.describe(
        `port for clients of object storage (OSS, S3); by default ${OSS_PORT}, if it is free`,
      ),
      bucket: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, '3 to 63 lower-case letters, digits and hyphens')
        .default('crosscomm')
        .describe('name of the only bucket'),
      maxMultipartBytes: largeBytes(4 * GIB).describe('most bytes of all multipart uploads that are not complete'),
      multipartMaxAgeMs: duration(604_800_000, 3_600_000).describe(
        'how long a multipart upload may be idle before it is removed',
      ),
      idleTimeoutMs: duration(60_000, 1000).describe(
        'how long a connection may be silent, in a request or before the next',
      ),
    })
    .prefault({})
    .describe("objects for clients of Aliyun's object storage (OSS) and of S3"),
  auth,
  tls,
  discovery,
  cluster,
  bridges,
  homeAssistant,
  devices,
  automations,
  shapes,
  clients: z
    .strictObject({
      stickyMs: duration(300_000).describe(
        'how long the subscriptions of a client are kept after its connection is lost',
      ),
      maxKnown: count(2000, 0).describe('most offline clients that are remembered'),
      maxSubscriptions: count(1000).describe('most subscriptions of one client'),
    })
    .prefault({})
    .describe('what is kept of offline clients'),
  history,
  backup: z
    .strictObject({
      keep: count(0, 0).describe('how many daily backups are kept in the data folder; 0: none are made'),
      at: z
        .string()
        .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as "03:00"')
        .default('03:00')
        .describe('when they are made, by the clock of the machine'),
    })
    .prefault({})
    .describe('backups of each day'),
  limits: z
    .strictObject({
      maxConnections: count(10_000).describe('most connections at once, on each listener'),
      handshakeTimeoutMs: duration(10_000, 100).describe('how long a new connection may take to say who it is'),
      maxQueueBytes: bytes(4 * MIB).describe('most bytes waiting for one client'),
      maxTotalQueueBytes: bytes(64 * MIB).describe('most bytes waiting for all clients together'),
      maxRetained: count(40_000, 0).describe('most retained messages'),
      maxRetainedBytes: bytes(64 * MIB, 0).describe('most bytes of all retained messages together'),
      maxKeptLength: count(16_384, 0).describe('most characters of the kept values of one channel'),
      maxScheduled: count(10_000, 0).describe('most scheduled messages'),
      maxScheduledBytes: bytes(16 * MIB, 0).describe('most bytes of all scheduled messages together'),
      maxShapes: z
        .number()
        .int()
        .min(0)
        .max(100_000)
        .default(1000)
        .describe('most channels of which it is learnt what they carry; 0 learns nothing'),
      maxBehaviourBytes: bytes(4 * MIB, 0).describe('most bytes of all that behaviours remember together'),
      maxAutomationBytes: bytes(4 * MIB, 64 * KIB).describe('most bytes of all that automations remember together'),
    })
    .prefault({})
    .describe('for all listeners'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('the least important lines to log'),
    })
    .prefault({})
    .describe('what is written to standard error'),
};

const baseSchema = z.strictObject({ ...BEFORE, ...AFTER });

/** The configuration without the sections of protocols. */
export type BaseConfig = z.infer<typeof baseSchema>;

/** The values of sections, by key. */
export type SectionValues<Sections extends ConfigSection> = {
  [Section in Sections as Section['key']]: z.infer<Section['schema']>;
};

/** The whole configuration of a gateway that has these sections. */
export type ConfigWith<Sections extends ConfigSection> = BaseConfig & SectionValues<Sections>;

/**
 * The whole configuration: type, default, bounds and one line of help for each key; the command's flags are made from it.
 * crosscomm.example.yaml explains each key at length. Lengths are in bytes and times in milliseconds, as the names say.
 *
 * @param sections those of the protocols, in the order in which people read them
 */
export function composeSchema<Sections extends ConfigSection>(
  sections: readonly Sections[],
): z.ZodType<ConfigWith<Sections>> {
  const protocols = Object.fromEntries(sections.map(({ key, schema }) => [key, schema]));
  const composed: z.ZodType = z.strictObject({ ...BEFORE, ...protocols, ...AFTER });
  return composed as z.ZodType<ConfigWith<Sections>>;
}
