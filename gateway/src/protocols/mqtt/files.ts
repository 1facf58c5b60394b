import type { Published } from '../../mqtt-engine/contract.ts';
import { decodeLevel, FILES } from './topics.ts';

/** A file or image that a client publishes to `$files/<recipient>/<kind>/<name>`. */
export interface PublishedFile {
  from: string;
  to: string;
  kind: 'file' | 'image';
  name: string;
  /** Valid until the file is taken. */
  content: Uint8Array;
}

/** Takes a file: it is on disk, and its recipient will hear of it, when the promise resolves. */
export type TakeFile = (file: PublishedFile) => Promise<unknown>;

/** What is wrong with a topic below `$files/`; undefined where a file can be published to it. */
export function filesTopicFault(topic: string): string | undefined {
  const [to = '', kind = '', name = '', ...more] = topic.slice(FILES.length).split('/');
  if (to === '' || name === '' || more.length > 0) return 'a file is published to $files/<recipient>/<kind>/<name>';
  return kind === 'file' || kind === 'image' ? undefined : 'the kind of a file is "file" or "image"';
}

/** The client or channel that a topic below `$files/` names. */
export function filesRecipient(topic: string): string {
  return decodeLevel(topic.slice(FILES.length).split('/', 1)[0] ?? '');
}

/** The file that a message is, whose topic is one for files. */
export function readFile({ topic, payload }: Published, from: string): PublishedFile {
  const [, kind, name = ''] = topic.slice(FILES.length).split('/');
  return {
    from,
    to: filesRecipient(topic),
    kind: kind === 'image' ? 'image' : 'file',
    name: decodeLevel(name),
    content: payload,
  };
}
