import { z } from 'zod';
import { bytes, duration, MIB } from '../../config/fields.ts';
import { defineSection } from '../../config/section.ts';

/** The section `crosscomm` of the configuration. */
export const section = defineSection({
  key: 'crosscomm',
  schema: z
    .strictObject({
      maxMessageBytes: bytes(MIB).describe('longest message a client may send'),
      heartbeatTimeoutMs: duration(60_000, 1000).describe('silence after which a client counts as gone'),
      pingIntervalMs: duration(20_000, 1000).describe('time between two WebSocket pings'),
    })
    .prefault({})
    .describe('CrossComm clients, on the HTTP port'),
});
