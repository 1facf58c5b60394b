/**
 * Every room of the sources, and all that it may import: rooms, by the path of a folder or a file; packages; and `node:` for what Node
 * brings along. A room may always import itself. What is not listed is refused, and so is a folder that is no room. Nothing imports
 * upwards: each room stands below all that it may import.
 *
 * @typedef {{ name: string, files: RegExp, may: readonly string[] }} Narrower files of a room that may import less than others
 * @typedef {{ folder: string, rooms: Record<string, readonly string[]>, narrower?: readonly Narrower[] }} House
 */

/** What every room may import that serves or carries clients. */
const CONVERSATION = ['common', 'hub', 'access', 'observability'];
const PROTOCOL = [
  ...[...CONVERSATION, 'config', 'transports', 'zod'],
  ...['protocols/contract.ts', 'protocols/context.ts', 'protocols/held-input.ts', 'protocols/announced-devices.ts'],
  'protocols/bridge-port.ts',
];

/** @type {readonly House[]} */
export const HOUSES = [
  {
    folder: 'gateway/src',
    rooms: {
      common: ['node:', 'level'],
      hub: ['common', '@crosscomm/protocol', 'jsep'],
      config: ['common', 'hub/functional', 'node:', 'yaml', 'zod'],
      access: ['common', 'hub', 'node:'],
      'access/certificates': ['common', 'node:', '@peculiar/x509', 'reflect-metadata'],
      observability: ['common', 'hub', 'node:', 'pino', 'pino-pretty'],
      'observability/prometheus': ['common', 'observability/metrics.ts', 'node:', 'prom-client'],
      // What a room of clients does together; pure but for the hub.
      behaviours: ['common', 'hub'],
      // What channels carry, and code for it; pure.
      shapes: ['common', 'hub'],
      // What is sent by itself when a message fulfils an expression; pure but for the hub.
      automations: ['common', 'hub', 'config/automations.ts'],
      transports: ['common', 'hub', 'observability', 'node:', '@crosscomm/protocol', 'serialport', 'ws'],
      'mqtt-engine': [
        ...['common', 'hub', 'observability', 'transports', 'node:'],
        ...['mqtt-engine/codec', 'mqtt-engine/store', 'mqtt-engine/delivery', 'mqtt-engine/aedes', 'mqtt-engine/mqtt5'],
      ],
      // The bytes of MQTT; pure.
      'mqtt-engine/codec': ['common/names.ts', 'node:'],
      // What broker cores share; it knows none.
      'mqtt-engine/store': [
        ...['common', 'hub', 'mqtt-engine/codec', 'mqtt-engine/contract.ts', 'mqtt-engine/message.ts'],
        'mqtt-engine/topic-names.ts',
      ],
      'mqtt-engine/delivery': [
        ...['common', 'hub', 'transports', 'mqtt-engine/codec', 'mqtt-engine/store', 'mqtt-engine/contract.ts'],
        ...['mqtt-engine/message.ts', 'mqtt-engine/topic-names.ts'],
      ],
      'mqtt-engine/mqtt5': ['common', 'hub', 'observability', 'transports', 'mqtt-engine', 'node:'],
      'mqtt-engine/aedes': [...['common', 'hub', 'observability', 'transports', 'mqtt-engine', 'node:'], ...['aedes']],
      // What all protocols share.
      protocols: [...CONVERSATION, 'config', 'transports', 'zod', 'protocols/frames/devices.ts'],
      'protocols/frames': [...PROTOCOL, 'protocols/device-log.ts', '@crosscomm/protocol'],
      'protocols/lines': [...PROTOCOL, 'protocols/device-log.ts', 'protocols/frames', '@crosscomm/protocol'],
      'protocols/crosscomm': PROTOCOL,
      'protocols/oocsi': PROTOCOL,
      'protocols/mqtt': [
        ...[...PROTOCOL, 'protocols/frames', 'mqtt-engine/contract.ts', 'mqtt-engine/open-engine.ts'],
        ...['mqtt-engine/options.ts', 'mqtt-engine/topic-names.ts', 'mqtt-engine/codec', 'node:'],
      ],
      storage: [
        'common',
        'hub',
        'access',
        'access/certificates',
        'observability',
        'protocols',
        'node:',
        'level',
        'yaml',
      ],
      objects: [
        ...['common', 'hub', 'observability', 'config', 'protocols/frames', 'storage', 'node:'],
        ...['@crosscomm/protocol', 'sharp'],
      ],
      // Stores in the network, each loaded only for whoever has it.
      'objects/remote/oss': ['common', 'config', 'storage', 'objects', 'node:', 'ali-oss'],
      'objects/remote/s3': ['common', 'config', 'storage', 'objects', 'node:', 'aws4', '@rgrove/parse-xml'],
      oss: ['common', 'hub', 'observability', 'transports', 'objects', 'storage', 'node:', '@rgrove/parse-xml'],
      // Sends new firmware to devices, by their frames.
      firmware: ['common', 'observability', 'protocols/frames/files', 'storage', 'node:'],
      web: [
        ...CONVERSATION,
        'config/auth.ts',
        'shapes',
        'transports',
        'protocols',
        'objects',
        'firmware',
        'node:',
        'fastify',
        '@fastify/busboy',
        '@fastify/send',
        'zod',
      ],
      discovery: ['common', 'node:', '@homebridge/dbus-native', 'bonjour-service'],
      'integrations/nats': [
        ...[
          'common',
          'config',
          'hub',
          'objects/contract.ts',
          'objects/elsewhere.ts',
          'objects/kept-headers.ts',
          'node:',
        ],
        ...['@nats-io/transport-node', '@nats-io/jetstream', '@nats-io/kv'],
      ],
      'integrations/mqtt-bridge': [
        ...[
          'common',
          'config/bridges.ts',
          'protocols/bridge-port.ts',
          'mqtt-engine/codec',
          'mqtt-engine/write-buffer.ts',
        ],
        ...['node:', 'ws'],
      ],
      'integrations/home-assistant': [
        ...['common', 'config/home-assistant.ts', 'hub', 'protocols/announced-devices.ts', 'node:'],
      ],
      app: [
        ...[
          ...CONVERSATION,
          'config',
          'transports',
          'protocols',
          'storage',
          'objects',
          'firmware',
          'oss',
          'shapes',
          'web',
          'discovery',
        ],
        ...[
          'behaviours',
          'automations',
          'integrations/nats',
          'integrations/mqtt-bridge',
          'integrations/home-assistant',
          'node:',
        ],
      ],
      cli: [
        ...[
          'common',
          'config',
          'hub',
          'access',
          'observability',
          'transports/recording',
          'transports/serial',
          'transports/flashing/firmware.ts',
          'app',
          'oss/access-keys.ts',
          'shapes',
          'storage',
          'web',
          'protocols/contract.ts',
        ],
        ...['node:', '@crosscomm/client', '@crosscomm/protocol', '@crosscomm/sim', 'commander', 'qr', 'ws', 'yaml'],
      ],
      // What the package gives to other programs.
      'index.ts': ['app', 'common', 'config', 'hub', 'observability', 'transports'],
    },
    narrower: [
      {
        name: 'a codec, which is pure,',
        files: /^protocols\/.*codec\.ts$/,
        may: [
          'common/json',
          'common/websocket-frame.ts',
          'hub/message.ts',
          'hub/object-description.ts',
          'protocols',
          '@crosscomm/protocol',
        ],
      },
    ],
  },
  // The page knows the gateway by its HTTP API alone.
  {
    folder: 'gateway/dashboard/src',
    rooms: {
      common: ['preact'],
      language: ['common'],
      api: ['common', 'preact'],
      components: ['common', 'language', 'api', 'preact', 'qr'],
      charts: ['common', 'preact', 'uplot'],
      pages: ['common', 'language', 'api', 'components', 'charts', 'preact'],
      shell: ['common', 'language', 'api', 'components', 'pages', 'preact'],
      'main.tsx': ['common', 'language', 'api', 'shell', 'styles', 'preact'],
    },
  },
  // The protocol runs in browsers too.
  { folder: 'device-sdk/protocol/src', rooms: { '': ['cbor-x'] } },
  {
    folder: 'device-sdk/node/src',
    rooms: { '': ['@crosscomm/protocol', '@crosscomm/gateway', 'node:', 'bonjour-service', 'ws'] },
  },
  // Devices do not know the gateway but by its wires.
  {
    folder: 'device-sdk/sim/src',
    rooms: { '': ['@crosscomm/client', '@crosscomm/protocol', 'node:', 'mqtt-packet', 'ws'] },
  },
];
