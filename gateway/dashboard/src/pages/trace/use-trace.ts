import { useEffect, useRef, useState } from 'preact/hooks';
import { type ApiError, get } from '../../api/client.ts';
import { feed, useFeed } from '../../api/feed.ts';
import type { TracedMessage } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useStore } from '../../common/store.ts';

export interface TraceAnswer {
  /** Oldest first. */
  messages: TracedMessage[];
  leftOut: number;
  sinceMs: number;
}

/** What is told as it happens is asked for again now and then, as a sentence may change: whoever was away may be back. */
const RELOAD_MS = 30_000;
/** While nothing is told, it is asked for. */
const POLL_MS = 2_000;
const SHOWN = 200;

/** What became of the last messages about a client, a channel or a topic filter, as it happens; of all where it is empty. */
export function useTrace(about: string): { answer: TraceAnswer | undefined; error: ApiError | undefined } {
  const state = useStore(feed.state);
  /** How many were told, and how many of them before the last question. */
  const told = useRef(0);
  const toldBefore = useRef(0);
  const load = (): Promise<TraceAnswer> => {
    toldBefore.current = told.current;
    return get('/api/v1/trace', { about, limit: SHOWN });
  };
  const { answer, error, reload } = useAnswer(about, load, state === 'live' ? RELOAD_MS : POLL_MS);
  const [news, setNews] = useState<{ messages: readonly TracedMessage[]; leftOut: number }>({
    messages: [],
    leftOut: 0,
  });
  useFeed(
    {
      missed: () => void reload(),
      trace: ({ messages, leftOut }) => {
        told.current += messages.length;
        setNews((before) => ({
          messages: [...before.messages, ...messages].slice(-SHOWN),
          leftOut: before.leftOut + leftOut,
        }));
      },
    },
    about === '' ? undefined : { channel: about },
  );
  // What was asked for has them all, but for those that were told since.
  useEffect(() => {
    const since = told.current - toldBefore.current;
    setNews(({ messages }) => ({ messages: since === 0 ? [] : messages.slice(-since), leftOut: 0 }));
  }, [answer]);
  if (!answer) return { answer, error };
  const last = answer.messages.at(-1)?.seq ?? -1;
  const later = news.messages.filter(({ seq }) => seq > last);
  return {
    answer: {
      ...answer,
      messages: [...answer.messages, ...later].slice(-SHOWN),
      leftOut: answer.leftOut + news.leftOut,
    },
    error,
  };
}
