import { readFile } from 'node:fs/promises';

/** The record of a multipart upload, in a file beside the content: its upload id, and which parts have arrived. */
export interface Checkpoint {
  /** The object's key. */
  name: string;
  /** Missing between the request for an upload id and its response: there may be an upload that nobody knows of. */
  uploadId?: string;
}

/** The file of the record. */
export function checkpointOf(path: string): string {
  return `${path}.checkpoint`;
}

/** The record for the file at `path`; undefined if there is none, or it is for another key. */
export async function readCheckpoint(path: string, key: string): Promise<Checkpoint | undefined> {
  try {
    const { name, uploadId, ...rest } = JSON.parse(await readFile(checkpointOf(path), 'utf8')) as Partial<Checkpoint>;
    if (name !== key) return undefined;
    return typeof uploadId === 'string' ? { ...rest, name, uploadId } : { name };
  } catch {
    return undefined;
  }
}
