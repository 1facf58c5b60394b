import { z } from 'zod';

/** An instance name of DNS-SD has 63 bytes at most (RFC 6763, 4.1.1). */
const MAX_NAME_BYTES = 63;

/** The section `discovery` of the configuration. */
export const discovery = z
  .strictObject({
    mdns: z.boolean().default(true).describe('tell the local network where the gateway listens (mDNS, DNS-SD)'),
    name: z
      .string()
      .refine((name) => new TextEncoder().encode(name).length <= MAX_NAME_BYTES, {
        error: `at most ${MAX_NAME_BYTES} bytes`,
      })
      .default('')
      .describe('name by which others see it; by default CrossComm on and the host name'),
    oocsiMulticast: z.boolean().default(true).describe("tell OOCSI's Java clients that look for a server by multicast"),
  })
  .prefault({})
  .describe('how clients find the gateway');
