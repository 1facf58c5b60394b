import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get, type Query } from '../../api/client.ts';
import { useFeed } from '../../api/feed.ts';
import type { SentMessage } from '../../api/types.ts';
import { type LoggedMessage, MessageLog } from './message-log.ts';

const REDRAW_MS = 250;
/** How many the gateway is asked for at first. */
const REMEMBERED = 100;

export interface Messages {
  messages: LoggedMessage[];
  /** How many came since this one was drawn first, shown or not. */
  count: number;
  leftOut: number;
  error: ApiError | undefined;
  clear: () => void;
}

export type OnMessages = (messages: readonly SentMessage[], newest: SentMessage) => void;

/**
 * The messages that fit the filter, as they come.
 *
 * @param max how many are kept
 * @param onMessages called with each once, in some order, while the component is shown, and with the newest of all
 */
export function useMessages(filter: Query, max: number, onMessages?: OnMessages): Messages {
  const log = useRef(new MessageLog(max));
  const load = useRef(() => {});
  const isChanged = useRef(false);
  const [, redraw] = useState(0);
  const [error, setError] = useState<ApiError>();
  useFeed(
    {
      missed: () => load.current(),
      messages: ({ messages, leftOut }) => {
        log.current.add(messages, leftOut);
        isChanged.current = true;
        tell(messages);
      },
    },
    filter,
  );
  const tell = (messages: readonly SentMessage[]): void => {
    const newest = log.current.newest;
    if (messages.length > 0 && newest) onMessages?.(messages, newest);
  };
  const key = JSON.stringify(filter);
  // The key has all of the filter.
  useEffect(() => {
    let isOver = false;
    log.current = new MessageLog(max);
    setError(undefined);
    load.current = () => {
      const mark = log.current.count;
      get<{ messages: SentMessage[] }>('/api/v1/messages', { ...filter, limit: REMEMBERED }).then(
        ({ messages }) => {
          if (isOver) return;
          setError(undefined);
          tell(log.current.fill(messages, mark));
          redraw((count) => count + 1);
        },
        (failure: unknown) => {
          if (!(failure instanceof ApiError)) throw failure;
          if (!isOver && !failure.isUnreachable) setError(failure);
        },
      );
    };
    load.current();
    const timer = setInterval(() => {
      if (!isChanged.current) return;
      isChanged.current = false;
      redraw((count) => count + 1);
    }, REDRAW_MS);
    return () => {
      isOver = true;
      clearInterval(timer);
    };
  }, [key]);
  const clear = (): void => {
    log.current.clear();
    redraw((count) => count + 1);
  };
  const { messages, count, leftOut } = log.current;
  return { messages, count, leftOut, error, clear };
}
