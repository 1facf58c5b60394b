import { invalidArgument } from '../oss-error.ts';
import { strictEncode } from '../percent.ts';
import type { OssRequest } from '../request.ts';

/** How keys are written into an answer: as they are, or percent-encoded where the client asks for that. */
export interface KeyEncoding {
  /** For the element EncodingType. */
  type: 'url' | undefined;
  write(text: string): string;
}

/** Reads `encoding-type`. Throws OssError for one that there is not. */
export function readEncoding(request: OssRequest): KeyEncoding {
  const type = request.param('encoding-type') ?? '';
  if (type === '') return { type: undefined, write: (text) => text };
  if (type !== 'url') throw invalidArgument('encoding-type', type, 'It must be url.');
  return { type, write: strictEncode };
}

/** A whole number in the query, within its bounds; throws OssError for anything else. */
export function readCount(
  request: OssRequest,
  name: string,
  { standard, least = 1, most }: { standard: number; least?: number; most: number },
): number {
  const text = request.param(name) ?? '';
  if (text === '') return standard;
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= least && value <= most) return value;
  throw invalidArgument(name, text, `It must be a whole number from ${least} to ${most}.`);
}
