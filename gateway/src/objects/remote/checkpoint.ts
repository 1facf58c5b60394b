import { readFile } from 'node:fs/promises';

/** What is noted of a file that goes in parts, beside it: which upload it is, and which parts have arrived. */
export interface Checkpoint {
  /** The object's key. */
  name: string;
  /** Missing from before the upload is asked for until its answer has come: there may be one that nobody knows. */
  uploadId?: string;
}

/** Where it is noted. */
export function checkpointOf(path: string): string {
  return `${path}.checkpoint`;
}

/** What is noted of the file at `path`; undefined where it is nothing, or of another key. */
export async function readCheckpoint(path: string, key: string): Promise<Checkpoint | undefined> {
  try {
    const { name, uploadId, ...rest } = JSON.parse(await readFile(checkpointOf(path), 'utf8')) as Partial<Checkpoint>;
    if (name !== key) return undefined;
    return typeof uploadId === 'string' ? { ...rest, name, uploadId } : { name };
  } catch {
    return undefined;
  }
}
