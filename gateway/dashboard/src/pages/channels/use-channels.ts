import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, get, getList } from '../../api/client.ts';
import { useFeed } from '../../api/feed.ts';
import type { ChannelsEvent, ChannelView, SentMessage } from '../../api/types.ts';

/** What was said last on a channel, and how much is said. */
export type LiveValue = ChannelsEvent['values'][number];

export interface Channels {
  /** undefined: not known yet. */
  channels: ReadonlyMap<string, ChannelView> | undefined;
  values: ReadonlyMap<string, LiveValue>;
  isCut: boolean;
  error: ApiError | undefined;
}

const RELOAD_MS = 10_000;
const REDRAW_MS = 500;
/** Where several streams begin at once, it is asked for once. */
const SOON_MS = 300;
/** So many messages of before are asked for. */
const MAX_RECENT = 1_000;
/** Of how many channels the last values are kept. */
const MAX_VALUES = 3_000;

/** All channels, and what is said on them, kept up to date while the component is shown. */
export function useChannels(search: string): Channels {
  const [state, setState] = useState<Omit<Channels, 'values'>>({ channels: undefined, isCut: false, error: undefined });
  const [, redraw] = useState(0);
  const values = useRef(new Map<string, LiveValue>());
  const isChanged = useRef(false);
  const reload = useRef(() => {});
  useFeed({
    missed: () => reload.current(),
    channels: (news) => {
      for (const value of news.values) {
        // The one that was heard of longest ago is the first to go.
        values.current.delete(value.name);
        values.current.set(value.name, value);
      }
      for (const [name] of values.current) {
        if (values.current.size <= MAX_VALUES) break;
        values.current.delete(name);
      }
      isChanged.current = true;
    },
  });
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    /** What was said before, of channels of which nothing is known that was said since. */
    const remember = async (known: ReadonlyMap<string, ChannelView>): Promise<void> => {
      const { messages } = await get<{ messages: SentMessage[] }>('/api/v1/messages', { limit: MAX_RECENT });
      for (const last of messages.reverse()) {
        if (!known.has(last.to) || values.current.has(last.to)) continue;
        values.current.set(last.to, { name: last.to, perS: 0, last });
        isChanged.current = true;
      }
    };
    let isNew = true;
    const load = async (): Promise<void> => {
      clearTimeout(timer);
      try {
        const { found, isCut } = await getList<ChannelView>('/api/v1/channels', 'channels', { search });
        if (isOver) return;
        const channels = new Map(found.map((one) => [one.name, one]));
        setState({ channels, isCut, error: undefined });
        if (isNew) await remember(channels);
        isNew = false;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (!isOver) setState((before) => ({ ...before, error: error.isUnreachable ? undefined : error }));
      }
      if (!isOver) timer = setTimeout(() => void load(), RELOAD_MS);
    };
    void load();
    reload.current = () => {
      // What they were before something was missed may not be true any more.
      values.current.clear();
      isNew = true;
      isChanged.current = true;
      clearTimeout(timer);
      timer = setTimeout(() => void load(), SOON_MS);
    };
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [search]);
  useEffect(() => {
    const timer = setInterval(() => {
      if (!isChanged.current) return;
      isChanged.current = false;
      redraw((count) => count + 1);
    }, REDRAW_MS);
    return () => clearInterval(timer);
  }, []);
  return { ...state, values: values.current };
}
