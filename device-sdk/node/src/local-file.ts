import { CrossCommError } from './error.ts';

/** A file of this machine's that is being sent; it can be read anywhere, and again. */
export interface LocalFile {
  name: string;
  /** Bytes. */
  size: number;
  /** Bytes from the offset on; at least one where there are any, at most `length`. */
  read(offset: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** A Blob, or a File with its name, as browsers and Node have them; undefined where it is none. */
export function openBlob(content: unknown): LocalFile | undefined {
  if (!(content instanceof Blob)) return undefined;
  const { name = 'blob' } = content as { name?: string };
  return {
    name,
    size: content.size,
    read: async (offset, length) => new Uint8Array(await content.slice(offset, offset + length).arrayBuffer()),
    close: async () => {},
  };
}

export function noFile(what: string, cause?: unknown): CrossCommError {
  return new CrossCommError('bad_content', what, { cause });
}
