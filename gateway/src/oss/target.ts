import { isIP } from 'node:net';
import type { RawRequest, Target } from './request.ts';

/**
 * What a request may be about, the likeliest first. A client may name the bucket in the host (`bucket.pi.local/key`), in
 * the path (`pi.local/bucket/key`) or nowhere, having been told that the host stands for one bucket. Which of these it
 * meant is known from its signature, which covers bucket and key.
 *
 * @param bucket the gateway's own
 */
export function possibleTargets({ host, path }: Pick<RawRequest, 'host' | 'path'>, bucket: string): Target[] {
  const rest = path.slice(1);
  const slash = rest.indexOf('/');
  const first = slash < 0 ? rest : rest.slice(0, slash);
  const inPath: Target = first === '' ? { key: '' } : { bucket: first, key: slash < 0 ? '' : rest.slice(slash + 1) };
  const nowhere: Target = { bucket, key: rest };
  const dot = host.indexOf('.');
  if (dot <= 0 || isIP(host)) return [inPath, nowhere];
  const label = host.slice(0, dot);
  const inHost: Target = { bucket: label, key: rest };
  return label === bucket ? [inHost, inPath] : [inPath, nowhere, inHost];
}

/** What a request that Amazon's clients signed is about, and how it says so. */
export interface Addressed {
  target: Target;
  /** The bucket, if the host names it; otherwise the path does. */
  hostBucket?: string;
}

/**
 * The same as `possibleTargets` for such requests, whose signatures V4 do not tell which is meant. A host whose name begins with the bucket's
 * stands for the bucket, unless that is the name of this machine.
 *
 * @param machine the name of this machine, with or without a domain
 */
export function addressedTargets(
  { host, path }: Pick<RawRequest, 'host' | 'path'>,
  bucket: string,
  machine: string,
): Addressed[] {
  const rest = path.slice(1);
  const slash = rest.indexOf('/');
  const first = slash < 0 ? rest : rest.slice(0, slash);
  const inPath = {
    target: first === '' ? { key: '' } : { bucket: first, key: slash < 0 ? '' : rest.slice(slash + 1) },
  };
  const [label, next] = host.split('.');
  if (isIP(host) || next === undefined || label !== bucket) return [inPath];
  const inHost = { target: { bucket, key: rest }, hostBucket: bucket };
  const [name = ''] = machine.toLowerCase().split('.');
  return name === bucket && next !== name ? [inPath, inHost] : [inHost, inPath];
}
