import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import { ApiError } from './client.ts';

const NOT_FOUND = 404;
/** What is asked for once is asked for again where the gateway did not answer. */
const RETRY_MS = 3_000;

/** What came of asking the gateway. */
export interface Asked<Answer> {
  /** The newest answer; undefined before the first, and where there is no such thing any more. */
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
  const asked = useRef(0);
  const every = useRef(everyMs);
  every.current = everyMs;
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  // The key says what is asked for.
  const reload = useCallback(async (): Promise<void> => {
    const question = ++asked.current;
    clearTimeout(timer.current);
    let failed: ApiError | undefined;
    try {
      const found = await fetcher();
      // An answer to an earlier question, perhaps about something else, may be the later one to arrive.
      if (question !== asked.current) return;
      setAnswer(found);
    } catch (failure) {
      if (!(failure instanceof ApiError)) throw failure;
      if (question !== asked.current) return;
      failed = failure;
      if (failed.status === NOT_FOUND) setAnswer(undefined);
    }
    setError(failed);
    const againMs = every.current ?? (failed?.isUnreachable ? RETRY_MS : undefined);
    if (failed?.status === NOT_FOUND || againMs === undefined) return;
    timer.current = setTimeout(() => void reload(), againMs);
  }, [key]);
  useEffect(() => setAnswer(undefined), [key]);
  useEffect(() => {
    void reload();
    return () => {
      asked.current++;
      clearTimeout(timer.current);
    };
  }, [reload, everyMs]);
  return { answer, error, reload };
}
