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

/**
 * The messages that fit the filter, as they come.
 *
 * @param max how many are kept
 * @param onMessages called with each that is told while the component is shown
 */
export function useMessages(filter: Query, max: number, onMessages?: (messages: SentMessage[]) => void): Messages {
  const log = useRef(new MessageLog(max));
  const isChanged = useRef(false);
  const [, redraw] = useState(0);
  const [error, setError] = useState<ApiError>();
  useFeed(
    {
      messages: ({ messages, leftOut }) => {
        log.current.add(messages, leftOut);
        isChanged.current = true;
        onMessages?.(messages);
      },
    },
    filter,
  );
  const key = JSON.stringify(filter);
  // The key has all of the filter.
  useEffect(() => {
    let isOver = false;
    log.current = new MessageLog(max);
    setError(undefined);
    get<{ messages: SentMessage[] }>('/api/v1/messages', { ...filter, limit: REMEMBERED }).then(
      ({ messages }) => {
        if (isOver) return;
        log.current.begin(messages);
        onMessages?.(messages);
        redraw((count) => count + 1);
      },
      (failure: unknown) => {
        if (!(failure instanceof ApiError)) throw failure;
        if (!isOver && !failure.isUnreachable) setError(failure);
      },
    );
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
