import { CrossCommError } from './error.ts';
import type { LocalFile } from './local-file.ts';

/** What a frame can say (SPEC.md, section 3). */
const MAX_BYTES = 2 ** 32 - 1;
const MAX_NAME_BYTES = 255;

/**
 * Throws CrossCommError where no frame can offer the file, as nothing would answer that: `too_large`, `name_invalid`.
 */
export function checkOfferable({ name, size }: Pick<LocalFile, 'name' | 'size'>): void {
  const shown = JSON.stringify(name.slice(0, 300));
  if (size > MAX_BYTES) {
    throw new CrossCommError(
      'too_large',
      `${shown} was not sent: it has ${size} bytes, and a file may have ${MAX_BYTES}.`,
    );
  }
  const nameBytes = new TextEncoder().encode(name).length;
  if (nameBytes === 0 || nameBytes > MAX_NAME_BYTES) {
    const rule = `its name has ${nameBytes} bytes of UTF-8, and may have 1 to ${MAX_NAME_BYTES}`;
    throw new CrossCommError('name_invalid', `${shown} was not sent: ${rule}.`);
  }
}
