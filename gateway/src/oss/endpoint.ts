import type { IncomingMessage, Server } from 'node:http';
import { hostname } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import type { Clock } from '../common/clock.ts';
import { GatewayError } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import { DigestThread } from '../objects/content/digest-thread.ts';
import { ObjectError, type ObjectStore } from '../objects/contract.ts';
import { type ObjectReader, type ReadFor, TRUSTED } from '../objects/elsewhere.ts';
import type { Incidents } from '../observability/incidents.ts';
import { type AccessKey, AccessKeys } from './access-keys.ts';
import { awsPayload } from './body/aws-payload.ts';
import { dialectOf, TABLES } from './dialects/dialects.ts';
import { type AccountRights, accessDenied, KeyRights } from './key-rights.ts';
import { MultipartUploads } from './multipart/uploads.ts';
import type { OperationContext } from './operations/context.ts';
import { mayRun, operationOf } from './operations/table.ts';
import { OssError } from './oss-error.ts';
import { readRequest, understand } from './request.ts';
import { createOssServer } from './server.ts';
import { authenticate, authenticateAws } from './signature/authenticate.ts';
import { addressedTargets, possibleTargets } from './target.ts';

export interface OssEndpointOptions {
  store: ObjectStore;
  /** What whoever has an account reads, or whoever has none, where others have objects, too; by default the store alone. */
  readFor?(who: ReadFor): ObjectReader;
  clock: Clock;
  incidents: Incidents;
  log: Log;
  /** What the account of an access key may do; undefined where there is no such account. By default there is none. */
  rightsOf?(account: string, address: string): AccountRights | undefined;
  /** Resolves when a wrong signature may be answered; false where too many wrong ones came. By default each is answered at once. */
  wrongSignature?(wrong: WrongSignature): Promise<boolean>;
  /** Where access keys and uploads in parts are. */
  dataDir: string;
  /** The one bucket there is. */
  bucket: string;
  /** All parts of all uploads together, bytes. */
  maxMultipartBytes: number;
  /** A multipart upload that was idle for this long is removed. */
  multipartMaxAgeMs: number;
  /** Whether requests without TLS are refused; by default they are taken. */
  isTlsOnly?: boolean;
  maxConnections: number;
  handshakeTimeoutMs: number;
  idleTimeoutMs: number;
}

/** A request that the secret of its key has not signed. */
export interface WrongSignature {
  /** As the request has it: there may be no such key. */
  keyId: string;
  /** The account of the key, if it has one. */
  account: string | undefined;
  address: string;
  /** True when nobody waits for the answer any more. */
  isGone(): boolean;
}

const CHECK_MS = 500;
/** How many multipart uploads may be in progress: far more than a few clients need. */
const MAX_UPLOADS = 1000;
/** The same for one access key or address; a room behind one address shares it. */
const MAX_UPLOADS_OF_ONE = 500;
/** Parts of all uploads, and of one access key or address. */
const MAX_PARTS = 100_000;
const MAX_PARTS_OF_ONE = 50_000;

const TOO_MANY = 'Too many wrong signatures came from this address; try again later.';
const TLS_ONLY = 'This endpoint takes TLS only: write https:// in place of http://.';

export interface OssEndpoint {
  /** Not listening yet. */
  server: Server;
  /** Ends every connection and breaks off what is being done for it; resolves when nothing is left of that. */
  close(): Promise<void>;
}

/**
 * The parts of the REST APIs of Aliyun's OSS and of Amazon's S3 that their clients need to keep objects in the gateway's store. Throws GatewayError
 * DATA_DIR_UNUSABLE where its folder in the data directory cannot be used.
 */
export async function createOssEndpoint(options: OssEndpointOptions): Promise<OssEndpoint> {
  const { store, clock, bucket, dataDir } = options;
  const thread = new DigestThread(clock);
  const keys = new AccessKeys(dataDir);
  const uploads = await openUploads(options, thread);
  const stopping = new AbortController();
  const shared = { store, uploads, bucket, signal: stopping.signal };
  const findKey = (id: string) => keys.find(id);
  const { server, close } = createOssServer({
    ...options,
    dialectOf,
    async handle(message, dialect, acceptBody) {
      if (options.isTlsOnly && !isEncrypted(message)) throw new OssError(403, 'AccessDenied', TLS_ONLY);
      const raw = readRequest(message);
      const { socket } = message;
      const address = socket.remoteAddress;
      const wrong = async (keyId: string, key: AccessKey | undefined): Promise<void> => {
        const about = { keyId, account: key?.account, address: address ?? '', isGone: () => socket.destroyed };
        if ((await options.wrongSignature?.(about)) === false) throw new OssError(503, 'QpsLimitExceeded', TOO_MANY);
      };
      const proof = { findKey, clock, wrong };
      // A signature of one protocol is none of the other, so that nobody can have it understood in another way than it was meant.
      const { target, key, body } =
        dialect.name === 's3'
          ? await authenticateAws(raw, addressedTargets(raw, bucket, hostname()), proof)
          : { ...(await authenticate(raw, possibleTargets(raw, bucket), proof)), body: undefined };
      const asked = understand(raw, target, { dialect, message, acceptBody, accessKey: key.id, address });
      const request = body === undefined ? asked : { ...asked, payload: awsPayload(asked, body) };
      const rights = rightsFor(key, address ?? '', options);
      const readable = options.readFor?.(key.account === undefined ? TRUSTED : { account: key.account }) ?? store;
      const context: OperationContext = { ...shared, readable, rights };
      let cancel = (): void => {};
      const stop = (): void => {
        cancel();
        rights.close();
      };
      try {
        const operation = operationOf(TABLES[dialect.name], request, context);
        const isAllowed = (): boolean => rights.isValid && mayRun(operation, request, context);
        if (!isAllowed()) throw accessDenied();
        // A long request ends within a second after its key, its account or its right is gone.
        cancel = clock.every(CHECK_MS, async () => {
          const isOver = !isAllowed() || (await keys.find(key.id).catch(() => key)) === undefined;
          if (isOver) socket.destroy();
        });
        const answer = await operation.run(request, context, clock.now());
        if (typeof answer.body === 'object') answer.body.once('close', stop);
        else stop();
        return answer;
      } catch (error) {
        stop();
        throw error;
      }
    },
  });
  return {
    server,
    async close() {
      uploads.close();
      stopping.abort(new ObjectError('unavailable', 'The gateway is being stopped.'));
      await close();
      thread.close();
    },
  };
}

function rightsFor(key: AccessKey, address: string, { rightsOf }: OssEndpointOptions): KeyRights {
  if (key.account === undefined) return new KeyRights(key, undefined);
  const rights = rightsOf?.(key.account, address);
  if (rights === undefined) throw accessDenied();
  return new KeyRights(key, rights);
}

async function openUploads(options: OssEndpointOptions, thread: DigestThread): Promise<MultipartUploads> {
  const folder = join(options.dataDir, 'oss-multipart');
  try {
    return await MultipartUploads.open({
      folder,
      clock: options.clock,
      log: options.log,
      thread,
      maxBytes: options.maxMultipartBytes,
      maxUploads: MAX_UPLOADS,
      maxUploadsOfOne: MAX_UPLOADS_OF_ONE,
      maxParts: MAX_PARTS,
      maxPartsOfOne: MAX_PARTS_OF_ONE,
      maxAgeMs: options.multipartMaxAgeMs,
    });
  } catch (error) {
    throw new GatewayError(
      'DATA_DIR_UNUSABLE',
      `The folder ${folder} for uploads in parts cannot be used (${(error as Error).message}): make it writable.`,
      { cause: error },
    );
  }
}

function isEncrypted({ socket }: IncomingMessage): boolean {
  return (socket as Partial<TLSSocket>).encrypted === true;
}
