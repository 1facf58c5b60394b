import { ALL_DEFAULT, type Origins, settingsOf } from '../config/origins.ts';
import type { BaseConfig } from '../config/schema.ts';
import { OOCSI_USERS, type OssVariables, type S3Variables } from '../config/secrets.ts';
import type { ProtocolDefinition } from '../protocols/contract.ts';
import type { Settings } from '../web/api/settings.ts';
import { configFormOf } from './config.ts';

/** Where values come from that a gateway was started with. */
interface Sources {
  origins?: Origins;
  users?: ReadonlyMap<string, string>;
  ossVariables?: OssVariables;
  s3Variables?: S3Variables;
}

/** How a gateway is configured, for people; put together when it is asked for. What the environment says is left out, as it is secret. */
export function settingsFor(
  definitions: readonly ProtocolDefinition[],
  config: BaseConfig,
  { origins = ALL_DEFAULT, users, ossVariables = {}, s3Variables = {} }: Sources,
): () => Settings {
  return () => ({
    values: settingsOf(configFormOf(definitions), config, origins),
    environment: [
      { name: OOCSI_USERS, isSet: users !== undefined && users.size > 0 },
      { name: 'OSS_ENDPOINT', isSet: ossVariables.endpoint !== undefined },
      { name: 'OSS_BUCKET_NAME', isSet: ossVariables.bucket !== undefined },
      { name: 'OSS_ACCESS_KEY_ID', isSet: ossVariables.accessKeyId !== undefined },
      { name: 'OSS_ACCESS_KEY_SECRET', isSet: ossVariables.accessKeySecret !== undefined },
      { name: 'AWS_ENDPOINT_URL', isSet: s3Variables.endpoint !== undefined },
      { name: 'AWS_REGION', isSet: s3Variables.region !== undefined },
      { name: 'AWS_ACCESS_KEY_ID', isSet: s3Variables.accessKeyId !== undefined },
      { name: 'AWS_SECRET_ACCESS_KEY', isSet: s3Variables.secretAccessKey !== undefined },
      { name: 'AWS_SESSION_TOKEN', isSet: s3Variables.sessionToken !== undefined },
    ],
  });
}
