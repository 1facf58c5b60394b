import { GatewayError } from '../../../common/errors.ts';
import type { OssVariables } from '../../../config/secrets.ts';
import { RemoteIndex } from '../../listing/remote-index.ts';
import type { OpenStore, StoreParts } from '../../objects.ts';
import { ListedStore } from '../listed-store.ts';

/** `oss-cn-hangzhou.aliyuncs.com`, and the internal address of the same region. */
const OF_ALIYUN = /(?:^|[/.@])oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com/;

/**
 * Opens the configured store; settings that are left out come from the environment. Nothing is sent yet.
 * @throws GatewayError CONFIG_INVALID if a setting is missing, INSTALL_INCOMPLETE without the package ali-oss
 */
export async function openOssStore({ config, db, clock }: StoreParts, variables: OssVariables): Promise<OpenStore> {
  const { objects } = config;
  const endpoint = objects.endpoint || variables.endpoint || '';
  const bucket = objects.bucket || variables.bucket || '';
  const missing = [
    ...(endpoint === '' ? ['objects.endpoint or the variable OSS_ENDPOINT'] : []),
    ...(bucket === '' ? ['objects.bucket or the variable OSS_BUCKET_NAME'] : []),
    ...(variables.accessKeyId === undefined ? ['the variable OSS_ACCESS_KEY_ID'] : []),
    ...(variables.accessKeySecret === undefined ? ['the variable OSS_ACCESS_KEY_SECRET'] : []),
  ];
  if (missing.length > 0) {
    throw new GatewayError('CONFIG_INVALID', `objects.store is oss, and this is missing: ${missing.join(', ')}.`);
  }
  const { OssStore } = await import('./oss-store.ts').catch(explain);
  const store = new OssStore({
    endpoint: /^https?:/.test(endpoint) ? endpoint : `https://${endpoint}`,
    bucket,
    region: objects.region || OF_ALIYUN.exec(endpoint)?.[1] || 'cn-hangzhou',
    addressing: objects.addressing,
    accessKeyId: variables.accessKeyId ?? '',
    accessKeySecret: variables.accessKeySecret ?? '',
    timeoutMs: objects.timeoutMs,
    partBytes: objects.partBytes,
    clock,
  });
  const listed = await RemoteIndex.open({
    db,
    clock,
    store: `${endpoint} ${bucket}`,
    maxListed: objects.maxListed,
  });
  return { store: new ListedStore(store, listed), listed, checkRoom: () => {}, close: () => store.close() };
}

/** Whoever has no Aliyun may leave out ali-oss and the 80 packages that it needs. */
function explain(error: unknown): never {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes("'ali-oss'")) throw error;
  throw new GatewayError(
    'INSTALL_INCOMPLETE',
    'objects.store is oss, and the package ali-oss, which it needs, is not installed: type "npm install --include=optional --ignore-scripts" in the folder that has node_modules, or choose another store.',
    { cause: error },
  );
}
