import { CrossCommError } from './error.ts';
import { checkOfferable } from './file-limits.ts';
import { isSafePath } from './key-path.ts';
import { type LocalFile, noFile, openBlob } from './local-file.ts';

/** A folder of this machine's that is being sent. */
export interface LocalFolder {
  /** What recipients are told it is called. */
  name: string;
  /** In the order in which they are sent. */
  files: readonly FolderFile[];
}

export interface FolderFile {
  /** Where it is in the folder, with `/` between the names. */
  path: string;
  /** Bytes. */
  size: number;
  /** Throws CrossCommError `bad_content` where it is no more what it was; so does reading it, in the end. */
  open(): Promise<LocalFile>;
}

/** What no recipient is shown as a name. */
const NOT_SHOWN = /^\.{0,2}$|[\\\p{Cc}\p{Surrogate}]/u;

/**
 * The folder that a person chose in a browser: the `files` of an `<input type="file" webkitdirectory>`. Undefined where the content
 * is no list of such files.
 */
export function openFileList(content: unknown): LocalFolder | undefined {
  if (typeof content !== 'object' || content === null || !(Symbol.iterator in content)) return undefined;
  const files: FolderFile[] = [];
  let folder: string | undefined;
  for (const file of content as Iterable<unknown>) {
    const blob = openBlob(file);
    if (blob === undefined) return undefined;
    const { webkitRelativePath = '' } = file as { webkitRelativePath?: string };
    const [name = '', ...path] = webkitRelativePath.split('/');
    if (path.length === 0 || (folder ?? name) !== name) return undefined;
    folder = name;
    files.push({ path: path.join('/'), size: blob.size, open: async () => blob });
  }
  return { name: folder ?? '', files };
}

/**
 * Throws CrossCommError where a folder cannot be sent, and says because of which file: `bad_content` for one without files,
 * `name_invalid` for a name that not every recipient could save, `too_large`.
 */
export function checkFolder({ name, files }: LocalFolder): void {
  if (NOT_SHOWN.test(name)) {
    throw new CrossCommError('name_invalid', `A folder called ${JSON.stringify(name)} cannot be sent: give it a name.`);
  }
  if (files.length === 0) throw noFile(`There is no file in the folder ${JSON.stringify(name)}: nothing to send.`);
  for (const { path, size } of files) {
    checkOfferable({ name: path, size });
    if (isSafePath(path)) continue;
    const rule = 'a name has no \\, : or control character, and no blank or dot at its end';
    throw new CrossCommError(
      'name_invalid',
      `${JSON.stringify(path)} was not sent, and no other of the folder: ${rule}.`,
    );
  }
}
