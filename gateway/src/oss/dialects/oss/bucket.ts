import type { OssAnswer } from '../../answer.ts';
import { documentAnswer, xmlTime } from '../../answer.ts';
import type { OperationContext } from '../../operations/context.ts';
import { OWNER } from '../../operations/owner.ts';
import { xmlAnswer } from '../../operations/xml-answer.ts';
import type { OssRequest } from '../../request.ts';

/** The region that is reported; the gateway is in none. */
const LOCATION = 'oss-crosscomm';
const PRIVATE = { Grant: 'private' };
/** The bucket is as old as time. */
const CREATED = xmlTime(0);

/** ListBuckets, also called GetService. */
export function listBuckets(request: OssRequest, { bucket }: OperationContext): OssAnswer {
  const isListed = bucket.startsWith(request.param('prefix') ?? '') && bucket > (request.param('marker') ?? '');
  return xmlAnswer(request, 'ListAllMyBucketsResult', {
    Owner: OWNER,
    IsTruncated: false,
    Buckets: {
      Bucket: isListed
        ? [{ Name: bucket, Location: LOCATION, CreationDate: CREATED, StorageClass: 'Standard', ...endpoints(request) }]
        : [],
    },
  });
}

/** GetBucketInfo. */
export function getBucketInfo(request: OssRequest, { bucket }: OperationContext): OssAnswer {
  return xmlAnswer(request, 'BucketInfo', {
    Bucket: {
      Name: bucket,
      Location: LOCATION,
      CreationDate: CREATED,
      StorageClass: 'Standard',
      DataRedundancyType: 'LRS',
      ...endpoints(request),
      Owner: OWNER,
      AccessControlList: PRIVATE,
    },
  });
}

/** GetBucketLocation. */
export function getBucketLocation(): OssAnswer {
  return documentAnswer(
    `<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint>${LOCATION}</LocationConstraint>\n`,
  );
}

/** GetBucketAcl and GetObjectACL: only who has a key may do anything. */
export function getAcl(request: OssRequest, grant: 'private' | 'default'): OssAnswer {
  return xmlAnswer(request, 'AccessControlPolicy', { Owner: OWNER, AccessControlList: { Grant: grant } });
}

function endpoints({ headers }: OssRequest): { ExtranetEndpoint: string; IntranetEndpoint: string } {
  const host = headers.get('host') ?? '';
  return { ExtranetEndpoint: host, IntranetEndpoint: host };
}
