import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get } from '../../api/client.ts';
import { feed, useFeed } from '../../api/feed.ts';
import type { Graph } from '../../api/types.ts';
import { gatewayNow } from '../../common/gateway-clock.ts';
import { useStore } from '../../common/store.ts';
import { GraphFacts } from './facts.ts';

export interface LiveGraph {
  /** undefined: not known yet. */
  facts: GraphFacts | undefined;
  /** Another one with each change of the facts. */
  drawing: number;
  error: ApiError | undefined;
}

/** Who is there is asked for again and again; less often where there are many. */
const RELOAD_MS = 5_000;
const RELOAD_MANY_MS = 15_000;
const MANY = 300;

/** Who talks to whom, kept up to date while the component is shown and it is not paused. */
export function useGraph(isPaused: boolean): LiveGraph {
  const facts = useRef<GraphFacts>(undefined);
  const [state, setState] = useState<Omit<LiveGraph, 'facts'>>({ drawing: 0, error: undefined });
  const reload = useRef(() => {});
  const isLive = useStore(feed.state) === 'live';
  const redraw = (error?: ApiError): void => setState(({ drawing }) => ({ drawing: drawing + 1, error }));
  useFeed(
    isPaused
      ? {}
      : {
          missed: () => reload.current(),
          flows: (news) => {
            facts.current?.apply(news, gatewayNow());
            redraw();
          },
        },
  );
  useEffect(() => {
    if (isPaused) return undefined;
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (): Promise<void> => {
      clearTimeout(timer);
      try {
        const answer = await get<Graph>('/api/v1/graph');
        if (isOver) return;
        facts.current ??= new GraphFacts();
        facts.current.load(answer, gatewayNow());
        redraw();
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (!isOver && !error.isUnreachable) redraw(error);
      }
      const isMany = (facts.current?.clients.size ?? 0) > MANY;
      if (!isOver) timer = setTimeout(() => void load(), isMany ? RELOAD_MANY_MS : RELOAD_MS);
    };
    reload.current = () => void load();
    void load();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [isPaused]);
  useEffect(() => {
    if (isLive || isPaused) return;
    facts.current?.calm();
    redraw();
  }, [isLive, isPaused]);
  return { ...state, facts: facts.current };
}
