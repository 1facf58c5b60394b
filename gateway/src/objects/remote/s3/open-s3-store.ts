import { isIP } from 'node:net';
import { GatewayError } from '../../../common/errors.ts';
import type { S3Variables } from '../../../config/secrets.ts';
import { RemoteIndex } from '../../listing/remote-index.ts';
import type { OpenStore, StoreParts } from '../../objects.ts';
import { ListedStore } from '../listed-store.ts';
import type { Addressing } from '../store-forms.ts';
import { S3Store } from './s3-store.ts';

/** `s3.eu-central-1.amazonaws.com`, and Aliyun's `s3.oss-cn-hangzhou.aliyuncs.com`, also its internal address. */
const REGION_IN_HOST =
  /(?:^|\.)(?:s3[.-]([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?|oss-([a-z0-9-]+?)(?:-internal)?\.aliyuncs\.com)$/;

/** Most stores refuse smaller parts. */
const MIN_PART_BYTES = 5 * 1024 * 1024;

/**
 * Opens the configured store; settings that are left out come from the environment. Nothing is sent yet.
 * @throws GatewayError CONFIG_INVALID if a setting is missing
 */
export async function openS3Store({ config, db, clock }: StoreParts, variables: S3Variables): Promise<OpenStore> {
  const { objects } = config;
  const { accessKeyId = '', secretAccessKey = '', sessionToken } = variables;
  const named = objects.region || variables.region;
  const endpoint = objects.endpoint || variables.endpoint || (named ? `s3.${named}.amazonaws.com` : '');
  const missing = [
    ...(endpoint === '' ? ['objects.endpoint (or, for AWS, objects.region)'] : []),
    ...(objects.bucket === '' ? ['objects.bucket'] : []),
    ...(accessKeyId === '' ? ['the variable AWS_ACCESS_KEY_ID'] : []),
    ...(secretAccessKey === '' ? ['the variable AWS_SECRET_ACCESS_KEY'] : []),
  ];
  if (missing.length > 0) {
    throw new GatewayError('CONFIG_INVALID', `objects.store is s3, and this is missing: ${missing.join(', ')}.`);
  }
  const url = urlOf(endpoint);
  const [, ofAws, ofAliyun] = REGION_IN_HOST.exec(url.hostname) ?? [];
  const listed = await RemoteIndex.open({
    db,
    clock,
    store: `s3 ${endpoint} ${objects.bucket}`,
    maxListed: objects.maxListed,
  });
  const store = new S3Store({
    endpoint: url.href,
    bucket: objects.bucket,
    region: named || ofAws || ofAliyun || 'us-east-1',
    addressing: addressingOf(objects.addressing, url),
    accessKeyId,
    secretAccessKey,
    sessionToken,
    timeoutMs: objects.timeoutMs,
    partBytes: Math.max(objects.partBytes, MIN_PART_BYTES),
    clock,
    sent: (key) => listed.sent(key),
  });
  return { store: new ListedStore(store, listed), listed, checkRoom: () => {}, close: () => store.close() };
}

function urlOf(endpoint: string): URL {
  try {
    return new URL(/^https?:/.test(endpoint) ? endpoint : `https://${endpoint}`);
  } catch {
    const what = 'is no address such as http://192.168.1.20:9000';
    throw new GatewayError('CONFIG_INVALID', `objects.endpoint is ${endpoint}, which ${what}.`);
  }
}

/** A bucket cannot stand in front of an IP address, or of a name such as localhost. */
function addressingOf(addressing: Addressing, { hostname }: URL): Addressing {
  const hasNoDomain = isIP(hostname.replace(/^\[|\]$/g, '')) !== 0 || !hostname.includes('.');
  return addressing === 'host' && hasNoDomain ? 'path' : addressing;
}
