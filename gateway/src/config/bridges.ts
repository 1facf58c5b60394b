import { z } from 'zod';
import { count, duration, hasWholeWildcards, largeBytes, MIB, namedApart } from './fields.ts';

const text = () => z.string().min(1).max(65_535).optional();
const file = () => z.string().min(1).optional();
const qos = z.union([z.literal(0), z.literal(1), z.literal(2)]);
const prefix = z
  .string()
  .max(1024)
  .regex(/^[^+#\0]*$/, 'the beginning of a topic, without + and #')
  .default('');

const topic = z.strictObject({
  filter: z
    .string()
    .min(1)
    .max(1024)
    .refine(isFilter, {
      error: 'a topic filter such as sensors/#, with + and # as whole levels, and without $ at its beginning',
    })
    .describe('topic filter of what passes, without the prefixes'),
  direction: z.enum(['in', 'out', 'both']).describe('in: from the other broker; out: to it'),
  qos: qos.default(1).describe('highest QoS by which messages pass'),
  localPrefix: prefix.describe('what the topic begins with here'),
  remotePrefix: prefix.describe('what it begins with there'),
});

const bridge = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 letters, digits, hyphens and underscores')
      .describe('name of this bridge, here and in logs'),
    url: z
      .string()
      .regex(
        /^(?:mqtts?|wss?):\/\/(?:[^\s/?#@:[\]]+|\[[0-9a-fA-F:.]+\])(?::\d{1,5})?(?:\/[^\s?#]*)?$/,
        'an address such as mqtt://broker.example.org:1883, without a name or password; or mqtts, ws or wss',
      )
      .describe('address of the other broker'),
    protocolVersion: z
      .union([z.literal(4), z.literal(5)])
      .default(5)
      .describe('5: MQTT 5; 4: MQTT 3.1.1'),
    username: text().describe('user name at the other broker'),
    passwordFile: file().describe('file with the password of that name'),
    tls: z
      .strictObject({
        authorityFile: file().describe('file with the certificate of its authority, PEM'),
        certificateFile: file().describe('file with a certificate of this gateway for it, PEM'),
        keyFile: file().describe('file with the key of that certificate, PEM'),
      })
      .prefault({})
      .describe('for mqtts and wss'),
    clientId: text().describe(
      'client id at the other broker; by default made of the name and a number of this gateway',
    ),
    topics: z.array(topic).min(1).max(200).describe('what passes, in which direction'),
    retained: z.boolean().default(true).describe('whether the mark of being retained passes, and what is retained'),
    statusTopic: z
      .string()
      .max(1024)
      .regex(/^[^+#\0]+$/, 'a topic without + and #')
      .optional()
      .describe('topic at the other broker that says online or offline, retained; none by default'),
    account: text().describe('account here whose rules hold for what passes; by default everything may pass'),
    outboxBytes: largeBytes(64 * MIB).describe('most bytes that wait on disk for the other broker'),
    catchUpPerS: count(5000).describe('how many messages a second are sent at most of those that have waited'),
    keepAliveS: z.number().int().min(5).max(65_535).default(30).describe('how often it is looked whether it is there'),
    retryMs: duration(30_000, 100).describe('how long the pause between two attempts to connect becomes at most'),
  })
  .superRefine(({ username, passwordFile, tls, url }, context) => {
    const wrong = (path: string[], message: string): void => context.addIssue({ code: 'custom', path, message });
    if (passwordFile !== undefined && username === undefined) wrong(['passwordFile'], 'is of no use without username');
    const { authorityFile, certificateFile, keyFile } = tls;
    if ((certificateFile === undefined) !== (keyFile === undefined)) {
      wrong(['tls'], 'certificateFile and keyFile belong together');
    }
    const isPlain = !/^(?:mqtts|wss):/.test(url);
    if (isPlain && (authorityFile ?? certificateFile) !== undefined) {
      wrong(['tls'], 'is of no use with this url: write mqtts or wss');
    }
  });

/** The section `bridges` of the configuration: other brokers that messages pass to and from. */
export const bridges = namedApart(bridge, 50).describe(
  'other MQTT brokers that messages pass to and from; none by default',
);

export type BridgeConfig = z.infer<typeof bridge>;

/** Whether a text is a topic filter that a bridge may have (MQTT 5, section 4.7.1). */
function isFilter(filter: string): boolean {
  return !filter.includes('\0') && !filter.startsWith('$') && hasWholeWildcards(filter);
}
