import { z } from 'zod';

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;
/** The longest time a timer of Node's can wait, some 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Where the OSS door opens if the configuration does not say. */
export const OSS_PORT = 9899;

const port = (standard: number) => z.number().int().min(0).max(65535).default(standard);
const host = z.string().min(1).default('127.0.0.1');
const count = (standard: number, least = 1) => z.number().int().min(least).default(standard);
const bytes = (standard: number, least = 256) => z.number().int().min(least).max(GIB).default(standard);
const largeBytes = (standard: number) => z.number().int().min(256).default(standard);
const duration = (standard: number, least = 0) => z.number().int().min(least).max(MAX_TIMER_MS).default(standard);
const baudRate = z.number().int().min(50).max(4_000_000);
/** A USB vendor id, as four hex digits. */
const vendorId = z.string().regex(/^[0-9a-fA-F]{4}$/, 'four hex digits in quotes, such as "2341"');

const hostName = z.string().regex(/^[^\s:/@[\]]+$/, 'a name without a port, such as gateway.fritz.box');
const origin = z
  .string()
  .regex(/^(?:null|[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^\s/?#]+\/?)$/, 'an origin such as https://example.org, or "null"');

const serialPort = z.strictObject({
  path: z.string().min(1).describe('the port, best by its stable name under /dev/serial/by-id'),
  baudRate: baudRate.default(115200).describe('bits per second, as in the sketch: Serial.begin(115200)'),
  name: z.string().min(1).optional().describe('the client id it joins with'),
  channels: z.array(z.string().min(1)).default([]).describe('the channels it gets messages of, besides its own'),
  resetOnOpen: z.boolean().optional().describe('let the board reset when the port is opened'),
});

/**
 * The whole configuration: type, default, bounds and one line of help for each key; the command's flags are made from it.
 * crosscomm.example.yaml explains each key at length. Lengths are in bytes and times in milliseconds, as the names say.
 */
export const configSchema = z.strictObject({
  dataDir: z.string().min(1).default('crosscomm-data').describe('folder for what must survive a restart'),
  http: z
    .strictObject({
      host: host.describe('address to listen on'),
      port: port(9898).describe('port for CrossComm, WebSockets and HTTP'),
      maxBodyBytes: bytes(MIB).describe('longest body of an HTTP request'),
      serviceTimeoutMs: duration(1800, 1).describe('how long a service called over HTTP may take to answer'),
      hosts: z.array(hostName).default([]).describe('more names that requests may reach this gateway by'),
      origins: z.array(origin).default([]).describe('origins whose web pages may do what programs may'),
    })
    .prefault({})
    .describe('CrossComm, web pages and HTTP'),
  pages: z
    .strictObject({
      folder: z.string().min(1).optional().describe('folder of your own web pages to serve; none where left out'),
      host: z.string().min(1).optional().describe('address to listen on; that of http where left out'),
      port: port(9897).describe('port for your own web pages'),
    })
    .prefault({})
    .describe('your own web pages'),
  crosscomm: z
    .strictObject({
      maxMessageBytes: bytes(MIB).describe('longest message a client may send'),
      heartbeatTimeoutMs: duration(60_000, 1000).describe('silence after which a client counts as gone'),
      pingIntervalMs: duration(20_000, 1000).describe('time between two WebSocket pings'),
    })
    .prefault({})
    .describe('CrossComm clients, on the HTTP port'),
  oocsi: z
    .strictObject({
      host: host.describe('address to listen on'),
      port: port(4444).describe('port for OOCSI over TCP'),
      maxLineBytes: bytes(MIB).describe('longest line a client may send'),
      pingAfterMs: duration(5000, 100).describe('silence after which a client is pinged'),
      timeoutMs: duration(120_000, 1000).describe('silence after which a client is removed'),
      takeoverMs: duration(2000, 100).describe(
        'how long an old connection has to answer before its name is given away',
      ),
      stickyPattern: z
        .boolean()
        .default(false)
        .describe('a client that comes back from the same address by other digits of board-#### is the same one'),
    })
    .prefault({})
    .describe('OOCSI over TCP'),
  mqtt: z
    .strictObject({
      host: host.describe('address to listen on'),
      port: port(1883).describe('port for MQTT over TCP'),
      maxPacketBytes: bytes(MIB).describe('longest packet a client may send'),
      drainTimeoutMs: duration(10_000, 100).describe('how long a client may leave its packets unread'),
      maxQueuedMessages: count(10_000).describe('most messages kept on disk for a client that is away'),
      maxQueuedBytes: largeBytes(256 * MIB).describe(
        'most bytes of all these together; a client has a quarter at most',
      ),
      maxSessions: count(2000).describe('most persistent sessions'),
      sessionExpiryMs: z
        .number()
        .int()
        .min(0)
        .default(90 * 86_400_000)
        .describe('how long the session of a client that is away is kept; 0 is for ever'),
    })
    .prefault({})
    .describe('MQTT over TCP'),
  serial: z
    .strictObject({
      autoDetect: z.boolean().default(true).describe('every USB serial port joins by itself'),
      baudRate: baudRate.default(115200).describe('bits per second of the ports found'),
      ports: z.array(serialPort).default([]).describe('ports named one by one'),
      allowVendors: z.array(vendorId).default([]).describe('the only USB vendor ids to open'),
      ignoreVendors: z.array(vendorId).default([]).describe('USB vendor ids never to open'),
      resetOnOpen: z.boolean().optional().describe('let boards reset when a port is opened'),
      maxLineBytes: bytes(4 * KIB, 64).describe('longest line from a device'),
      maxQueueBytes: bytes(64 * KIB).describe('most bytes waiting for one device'),
      maxRetryMs: duration(30_000, 100).describe('longest pause between two tries to open a busy port'),
      deviceDirectory: z.string().min(1).default('/dev').describe('folder that is watched for ports'),
    })
    .prefault({})
    .describe('boards that print and read lines'),
  objects: z
    .strictObject({
      maxBytes: largeBytes(16 * GIB).describe('most bytes of all objects together'),
      maxAgeMs: z.number().int().min(0).default(0).describe('age at which objects are removed; 0 keeps them'),
      linkMs: duration(604_800_000, 1000).describe('how long the address of an object works'),
      publicUrl: z
        .string()
        .regex(/^$|^https?:\/\/[^\s?#]+$/, 'an address such as http://gateway.local:9898')
        .default('')
        .describe('what addresses of objects begin with, where others reach the gateway by another name'),
      store: z
        .enum(['local', 'oss'])
        .default('local')
        .describe('where objects are kept: in the data folder, or in OSS'),
      endpoint: z.string().default('').describe('address of the OSS to keep objects in'),
      bucket: z.string().default('').describe('bucket of that OSS'),
      region: z.string().default('').describe('region of that OSS, for signatures'),
      addressing: z
        .enum(['host', 'path', 'cname'])
        .default('host')
        .describe('where requests to that OSS name the bucket: in the host, in the path, or nowhere'),
      timeoutMs: duration(60_000, 1000).describe('how long a request to that OSS may take'),
      partBytes: bytes(MIB, 100 * KIB).describe('size of the parts that large objects go to that OSS in'),
      maxListed: count(100_000).describe('most objects in that OSS that are remembered for the list of objects'),
    })
    .prefault({})
    .describe('files and images'),
  uploads: z
    .strictObject({
      maxBytes: largeBytes(2 * GIB).describe('largest object that may be uploaded'),
      maxTotalBytes: largeBytes(4 * GIB).describe('most bytes of all uploads on their way to the store'),
      maxReceiving: count(1000).describe('most uploads at once'),
      stallMs: duration(30_000, 100).describe('how long an upload may stand still before it is broken off'),
      idleMs: duration(3_600_000, 1000).describe('how long an upload that broke off may be gone on with'),
      recipientMs: duration(600_000).describe('how long a recipient who is away is waited for'),
    })
    .prefault({})
    .describe('files and images on their way in'),
  oss: z
    .strictObject({
      host: host.describe('address to listen on'),
      port: z
        .number()
        .int()
        .min(0)
        .max(65535)
        .optional()
        .describe(`port for clients of Aliyun's object storage; ${OSS_PORT} where nothing is said and it is free`),
      bucket: z
        .string()
        .regex(/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, '3 to 63 lower-case letters, digits and hyphens')
        .default('crosscomm')
        .describe('the name of the one bucket there is'),
      maxMultipartBytes: largeBytes(4 * GIB).describe('most bytes of uploads in parts that are not complete'),
      multipartMaxAgeMs: duration(604_800_000, 3_600_000).describe(
        'how long an upload in parts may rest before it is given up',
      ),
    })
    .prefault({})
    .describe("objects for clients of Aliyun's object storage (OSS)"),
  auth: z
    .strictObject({
      anonymous: z
        .enum(['loopback', 'allow'])
        .default('loopback')
        .describe('who may join unasked: programs on this machine, or anyone'),
    })
    .prefault({})
    .describe('who may join'),
  clients: z
    .strictObject({
      stickyMs: duration(300_000).describe('how long the subscriptions of a lost client wait for it'),
      maxKnown: count(2000, 0).describe('most offline clients that are remembered'),
      maxSubscriptions: count(1000).describe('most subscriptions of one client'),
    })
    .prefault({})
    .describe('what is kept of those who left'),
  limits: z
    .strictObject({
      maxConnections: count(10_000).describe('most connections at once, on each door'),
      handshakeTimeoutMs: duration(10_000, 100).describe('how long a connection has to say who it is'),
      maxQueueBytes: bytes(4 * MIB).describe('most bytes waiting for one client'),
      maxTotalQueueBytes: bytes(64 * MIB).describe('most bytes waiting for all clients together'),
      maxRetained: count(40_000, 0).describe('most retained messages'),
      maxRetainedBytes: bytes(64 * MIB, 0).describe('most bytes of all retained messages together'),
      maxKeptLength: count(16_384, 0).describe('most characters of the kept values of one channel'),
      maxScheduled: count(10_000, 0).describe('most scheduled messages'),
      maxScheduledBytes: bytes(16 * MIB, 0).describe('most bytes of all scheduled messages together'),
    })
    .prefault({})
    .describe('for all doors'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('the least important lines to log'),
    })
    .prefault({})
    .describe('what is written to standard error'),
});

/** The whole configuration, every default filled in. `crosscomm.example.yaml` explains each key. */
export type Config = z.infer<typeof configSchema>;
