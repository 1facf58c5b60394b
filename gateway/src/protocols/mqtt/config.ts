import { z } from 'zod';
import { bytes, count, duration, host, largeBytes, MIB, port } from '../../config/fields.ts';
import { defineSection } from '../../config/section.ts';

/** The section `mqtt` of the configuration. */
export const section = defineSection({
  key: 'mqtt',
  schema: z
    .strictObject({
      host: host.describe('address to listen on'),
      port: port(1883).describe('port for MQTT over TCP'),
      tlsPort: port(8883).describe('port for MQTT over TLS, open where there is a certificate (tls)'),
      maxPacketBytes: bytes(MIB).describe('longest packet a client may send'),
      drainTimeoutMs: duration(10_000, 100).describe('how long a client may leave its packets unread'),
      maxQueuedMessages: count(10_000).describe('most messages queued on disk for an offline client'),
      maxQueuedBytes: largeBytes(256 * MIB).describe(
        'most bytes of all these messages together; one client may use a quarter',
      ),
      maxSessions: count(2000).describe('most persistent sessions'),
      sessionExpiryMs: z
        .number()
        .int()
        .min(0)
        .default(90 * 86_400_000)
        .describe('how long the session of an offline client is kept at most; 0 is for ever'),
      maxKeepAliveS: z
        .number()
        .int()
        .min(0)
        .max(65_535)
        .default(0)
        .describe('longest keep-alive time that an MQTT 5 client may choose, in seconds; 0: any, or none'),
      core: z
        .enum(['aedes', 'own'])
        .default('aedes')
        .describe('what speaks with clients of MQTT 3.1 and 3.1.1: aedes, or the core that speaks MQTT 5'),
    })
    .prefault({})
    .describe('MQTT over TCP'),
  address: ({ host, port, tlsPort }) => ({ host, port, tlsPort }),
  keptBytes: ({ maxQueuedBytes }) => maxQueuedBytes,
});
