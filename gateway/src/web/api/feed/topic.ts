import type { Viewer } from '../viewer.ts';
import type { MessageFilter } from './events.ts';

/** Some pages that ask for the same, with the same rights. */
export interface Audience {
  /** One of them, which may read what each of them may. */
  readonly viewer: Viewer;
  /** Of messages, what they want to see. */
  readonly filter: MessageFilter;
}

/** What tells one audience of one thing, from when it is made until `end`. */
export interface FeedSource {
  /** What happened since it was asked last; undefined: nothing to tell. */
  next(): object | undefined | Promise<object | undefined>;
  end(): void;
}

/** Something that pages may watch; the name of its events is its name. */
export interface FeedTopic {
  /** Milliseconds between two events at least, in steps of 100. */
  readonly everyMs: number;
  open(audience: Audience): FeedSource;
}
