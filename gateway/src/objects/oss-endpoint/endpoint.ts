import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Clock } from '../../hub/clock.ts';
import type { Incidents } from '../../telemetry/incidents.ts';
import type { Log } from '../../telemetry/log.ts';
import { DigestThread } from '../content/digest-thread.ts';
import type { ObjectStore } from '../contract.ts';
import { AccessKeys } from './access-keys.ts';
import { MultipartUploads } from './multipart/uploads.ts';
import type { OperationContext } from './operations/context.ts';
import { route } from './operations/route.ts';
import { readRequest, understand } from './request.ts';
import { createOssServer } from './server.ts';
import { authenticate } from './signature/authenticate.ts';
import { possibleTargets } from './target.ts';

export interface OssEndpointOptions {
  store: ObjectStore;
  clock: Clock;
  incidents: Incidents;
  log: Log;
  /** Where access keys and uploads in parts are. */
  dataDir: string;
  /** The one bucket there is. */
  bucket: string;
  /** All parts of all uploads together, bytes. */
  maxMultipartBytes: number;
  /** An upload in parts that nothing happens to for so long is given up. */
  multipartMaxAgeMs: number;
  /** False while this machine does not know the time. */
  isTimeKnown(): boolean;
  maxConnections: number;
  handshakeTimeoutMs: number;
  idleTimeoutMs: number;
}

export interface OssEndpoint {
  /** Not listening yet. */
  server: Server;
  /** Ends every connection. */
  close(): Promise<void>;
}

/**
 * The part of Aliyun OSS's REST API that its clients need to keep objects in the gateway's store. Throws the system's
 * error where its folder in the data directory cannot be used.
 */
export async function createOssEndpoint(options: OssEndpointOptions): Promise<OssEndpoint> {
  const { store, clock, log, bucket, dataDir, isTimeKnown } = options;
  const thread = new DigestThread();
  const keys = new AccessKeys(dataDir);
  const uploads = await MultipartUploads.open({
    folder: join(dataDir, 'oss-multipart'),
    clock,
    log,
    thread,
    maxBytes: options.maxMultipartBytes,
    maxAgeMs: options.multipartMaxAgeMs,
    isTimeKnown,
  });
  const context: OperationContext = { store, uploads, bucket };
  const authentication = { findKey: (id: string) => keys.find(id), now: () => clock.now(), isTimeKnown };
  const server = createOssServer({
    ...options,
    async handle(message, acceptBody) {
      const raw = readRequest(message);
      const target = await authenticate(raw, possibleTargets(raw, bucket), authentication);
      return await route(understand(raw, target, { message, acceptBody }), context, clock.now());
    },
  });
  return {
    server,
    async close() {
      uploads.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        if (server.listening) server.close(() => resolve());
        else resolve();
      });
      thread.close();
    },
  };
}
