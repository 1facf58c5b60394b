import { z } from 'zod';
import { bytes, duration, host, MIB, port } from '../../config/fields.ts';
import { defineSection } from '../../config/section.ts';

/** The section `oocsi` of the configuration. */
export const section = defineSection({
  key: 'oocsi',
  schema: z
    .strictObject({
      host: host.describe('address to listen on'),
      port: port(4444).describe('port for OOCSI over TCP'),
      tlsPort: port(4445).describe('port for OOCSI over TLS, open where there is a certificate (tls)'),
      maxLineBytes: bytes(MIB).describe('longest line a client may send'),
      pingAfterMs: duration(5000, 100).describe('silence after which a client is pinged'),
      timeoutMs: duration(120_000, 1000).describe('silence after which a client is removed'),
      takeoverMs: duration(2000, 100).describe(
        'how long an older connection has to answer before a new one gets its name',
      ),
      stickyPattern: z
        .boolean()
        .default(false)
        .describe(
          'a client of the same address whose name differs in the digits of board-#### only is the same client',
        ),
    })
    .prefault({})
    .describe('OOCSI over TCP'),
  address: ({ host, port, tlsPort }) => ({ host, port, tlsPort }),
});
