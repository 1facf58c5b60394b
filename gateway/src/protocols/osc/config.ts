import { z } from 'zod';
import { bytes, host, MIB, optionalPort } from '../../config/fields.ts';
import { defineSection } from '../../config/section.ts';

/** The section `osc` of the configuration. */
export const section = defineSection({
  key: 'osc',
  schema: z
    .strictObject({
      host: host.describe('address to listen on'),
      port: optionalPort.describe('port for Open Sound Control over UDP and TCP; closed by default'),
      maxPacketBytes: bytes(MIB).describe('longest packet over TCP'),
    })
    .prefault({})
    .describe('Open Sound Control (OSC)'),
  address: ({ host, port }) => (port === undefined ? undefined : { host, port }),
});
