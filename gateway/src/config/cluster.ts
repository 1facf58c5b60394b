import { z } from 'zod';

const server = z
  .string()
  .regex(
    /^(?:nats|tls):\/\/[^\s/?#@]+$/,
    'an address such as nats://nats.example.org:4222, without a name or password',
  );
const file = () => z.string().min(1).optional();

/** The section `cluster` of the configuration. */
export const cluster = z
  .strictObject({
    servers: z
      .array(server)
      .default([])
      .describe('NATS servers by which gateways are one conversation; none by default'),
    gateway: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, '1 to 64 letters, digits, hyphens and underscores')
      .optional()
      .describe('name of this gateway, which no other in the cluster has'),
    prefix: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,32}$/, '1 to 32 letters, digits, hyphens and underscores')
      .default('cc')
      .describe('what subjects and streams begin with, so that several clusters may share the servers'),
    share: z
      .array(z.string().min(1).max(1024))
      .default(['#'])
      .describe('topic filters of the channels that other gateways hear and are heard on'),
    maxWaitingBytes: z
      .int()
      .min(1024 * 1024)
      .default(256 * 1024 * 1024)
      .describe('how much may wait on disk for NATS servers that are away, in bytes'),
    streamBytes: z
      .int()
      .min(1024 * 1024)
      .default(1024 * 1024 * 1024)
      .describe('how much the NATS servers keep for gateways that are away, in bytes, for seven days'),
    maxCopiesBytes: z
      .int()
      .min(0)
      .default(256 * 1024 * 1024)
      .describe('how much of files that other gateways have is copied on this disk, in bytes; 0: nothing'),
    takeOverMs: z
      .int()
      .min(1000)
      .default(600_000)
      .describe('after which time other gateways send what is scheduled at one that is gone, in milliseconds'),
    accounts: z
      .boolean()
      .default(false)
      .describe('whether accounts and roles are the same at all gateways that say so'),
    user: z.string().min(1).optional().describe('name at the NATS servers'),
    passwordFile: file().describe('file with the password of that name'),
    tokenFile: file().describe('file with a token for the NATS servers'),
    credentialsFile: file().describe('file with credentials (JWT and key) for the NATS servers'),
    seedFile: file().describe('file with the seed of an NKey for the NATS servers'),
    authorityFile: file().describe('file with the certificate of the authority of the NATS servers, PEM'),
    certificateFile: file().describe('file with a certificate of this gateway for the NATS servers, PEM'),
    keyFile: file().describe('file with the key of that certificate, PEM'),
  })
  .prefault({})
  .describe('many gateways as one conversation');

export type ClusterConfig = z.infer<typeof cluster>;
