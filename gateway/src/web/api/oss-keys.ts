import { z } from 'zod';
import { RequestError } from '../request-error.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, lazy, type Output, timeMs } from './schema.ts';

/** Object keys have at most 1,023 bytes. */
const MAX_PREFIX = 1023;
const MAX_TEXT = 256;

const newKey = lazy(() =>
  z.strictObject({
    name: z.string().max(MAX_TEXT).default('').describe('for people: what the key is for'),
    account: z.string().min(1).max(MAX_TEXT).optional().describe('whose rights it has; left out: it may do everything'),
    prefix: z
      .string()
      .min(1)
      .max(MAX_PREFIX)
      .optional()
      .describe('what the keys of all objects begin with that it is for; left out: any'),
  }),
);
export type NewOssKey = Output<typeof newKey>;

const keyFields = () => ({
  id: z.string().describe('what OSS clients call the access key id'),
  name: z.string(),
  account: z.string().nullable().describe('whose rights it has; null: it may do everything'),
  prefix: z.string().nullable(),
  createdMs: timeMs(),
});
const endpointFields = () => ({
  bucket: z.string(),
  listener: z
    .strictObject({ host: z.string(), port: count(), tls: z.enum(['required', 'accepted']).optional() })
    .nullable()
    .describe('where OSS clients come in; null: that port is closed'),
});
const keys = lazy(() =>
  z
    .strictObject({
      keys: z.array(z.strictObject(keyFields())).describe('without their secrets, the oldest first'),
      ...endpointFields(),
    })
    .meta({ id: 'OssKeys' }),
);
export type OssKeys = Output<typeof keys>;

const madeKey = lazy(() =>
  z
    .strictObject({
      ...keyFields(),
      secret: z.string().describe('shown this once'),
      ...endpointFields(),
    })
    .meta({ id: 'MadeOssKey' }),
);
export type MadeOssKey = Output<typeof madeKey>;

/** What is done with the keys of OSS clients by commands and by HTTP. */
export interface OssKeyDesk {
  list(): Promise<OssKeys>;
  /** Makes a key. Rejects with an AccountError where it would be of no use. */
  create(wanted: NewOssKey): Promise<MadeOssKey>;
  /** False where there is no such key. */
  revoke(id: string): Promise<boolean>;
}

/** For whoever may operate the gateway: access keys of clients of object storage (OSS). */
export function ossKeyRoutes(desk: OssKeyDesk): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/oss-keys',
        summary: 'The access keys of OSS clients, without their secrets, and where those clients come in.',
        needs: 'operate',
        answers: { 200: keys },
      },
      () => desk.list(),
    ),
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/oss-keys',
        summary: 'Makes an access key, and answers its secret, which is not shown again.',
        needs: 'operate',
        body: newKey,
        answers: { 201: madeKey },
        logs: { what: 'access key made', subject: 'key' },
      },
      ({ body }) => desk.create(body),
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/oss-keys/:id',
        summary: 'Removes an access key: what is signed with it is refused from now on.',
        needs: 'operate',
        params: { id: 'as the list has it' },
        answers: { 204: undefined },
        logs: { what: 'access key revoked', subject: 'key' },
      },
      async ({ params: { id } }) => {
        if (await desk.revoke(id)) return undefined;
        throw new RequestError('PEER_NOT_FOUND', 'There is no access key of that id.');
      },
    ),
  ];
}
