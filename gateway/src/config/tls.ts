import { z } from 'zod';

const certificateName = z
  .string()
  .regex(/^(?:[a-zA-Z0-9*._-]+|[0-9a-fA-F:.]+)$/, 'a host name or an address, such as gateway.example.org');

/** The section `tls` of the configuration. */
export const tls = z
  .strictObject({
    auto: z.boolean().default(false).describe('use a certificate that the gateway makes itself'),
    certificate: z.string().min(1).optional().describe('file with your own certificate, PEM'),
    key: z.string().min(1).optional().describe('file with the private key of that certificate, PEM'),
    names: z
      .array(certificateName)
      .default([])
      .describe('more names and addresses for the certificate that the gateway makes'),
    required: z
      .array(z.enum(['http', 'mqtt', 'oocsi', 'oss']))
      .default([])
      .describe('listeners that take TLS only'),
    clientCertificates: z
      .array(z.enum(['mqtt', 'http']))
      .default(['mqtt'])
      .describe('listeners that ask clients for a certificate'),
  })
  .prefault({})
  .describe('encrypted connections (TLS)');
