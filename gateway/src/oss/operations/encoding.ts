import { invalidArgument } from '../oss-error.ts';
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
  return { type, write: request.dialect.encodeKey };
}

/** A whole number in the query, within its bounds; throws OssError for anything else, unless `isCapped` and it is only too large. */
export function readCount(
  request: OssRequest,
  name: string,
  {
    standard,
    least = 1,
    most,
    isCapped = false,
  }: { standard: number; least?: number; most: number; isCapped?: boolean },
): number {
  const text = request.param(name) ?? '';
  if (text === '') return standard;
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= least) {
    if (value <= most) return value;
    if (isCapped) return most;
  }
  throw invalidArgument(name, text, `It must be a whole number from ${least} to ${most}.`);
}
