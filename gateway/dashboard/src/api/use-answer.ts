import { useCallback, useEffect, useState } from 'preact/hooks';
import { ApiError } from './client.ts';

const NOT_FOUND = 404;

/** What came of asking the gateway. */
export interface Asked<Answer> {
  /** The newest answer; undefined before the first. */
  answer: Answer | undefined;
  /** Why the last time failed; undefined if it did not. */
  error: ApiError | undefined;
  /** Asks again, now. */
  reload: () => Promise<unknown>;
}

/**
 * Asks the gateway when the component is shown, and when `key` changes.
 *
 * @param everyMs asks again and again, so many milliseconds after each answer, until there is no such thing; undefined: only once
 */
export function useAnswer<Answer>(key: string, fetcher: () => Promise<Answer>, everyMs?: number): Asked<Answer> {
  const [answer, setAnswer] = useState<Answer>();
  const [error, setError] = useState<ApiError>();
  // The key says what is asked for.
  const reload = useCallback(async (): Promise<boolean> => {
    try {
      setAnswer(await fetcher());
      setError(undefined);
      return true;
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      setError(failure);
      return failure.status !== NOT_FOUND;
    }
  }, [key]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isOver = false;
    const turn = async (): Promise<void> => {
      const isThere = await reload();
      if (isThere && !isOver && everyMs !== undefined) timer = setTimeout(() => void turn(), everyMs);
    };
    setAnswer(undefined);
    void turn();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [reload, everyMs]);
  return { answer, error, reload };
}
