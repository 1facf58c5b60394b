import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, getList } from '../../api/client.ts';
import { feed, useFeed } from '../../api/feed.ts';
import type { ClientView } from '../../api/types.ts';
import { gatewayNow } from '../../common/gateway-clock.ts';
import { useStore } from '../../common/store.ts';
import { ClientList, type ClientRow } from './client-list.ts';

/** What is asked of the gateway. */
export interface ClientQuery {
  protocol: string;
  isOnlineOnly: boolean;
  /** Only where there are more clients than the page takes; else it searches itself. */
  search: string;
}

export interface Clients {
  /** undefined: not known yet. */
  rows: ClientRow[] | undefined;
  /** There are more than these. */
  isCut: boolean;
  error: ApiError | undefined;
}

/** The counts of messages, and what waits, are asked for; who comes and goes is told at once. */
const RELOAD_MS = 5_000;
/** Where much happens at once, it is asked for once. */
const SOON_MS = 500;
const REDRAW_MS = 1_000;

/** The clients, kept up to date while the component is shown. It is drawn again at most once a second, however much happens. */
export function useClients({ protocol, isOnlineOnly, search }: ClientQuery): Clients {
  const [clients, setClients] = useState<Clients>({ rows: undefined, isCut: false, error: undefined });
  const list = useRef(new ClientList());
  const isChanged = useRef(false);
  const state = useStore(feed.state);
  const reload = useRef(() => {});
  useFeed({
    missed: () => reload.current(),
    clients: (news) => {
      if (news.leftOut > 0) reload.current();
      const joined = news.joined.filter((client) => protocol === '' || client.protocol === protocol);
      list.current.apply({ ...news, joined }, gatewayNow());
      isChanged.current = true;
    },
  });
  useEffect(() => {
    let isOver = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (): Promise<void> => {
      try {
        const query = { protocol, search, online: isOnlineOnly ? true : undefined };
        const { found, isCut } = await getList<ClientView>('/api/v1/clients', 'clients', query);
        if (isOver) return;
        list.current.load(found, performance.now());
        setClients({ rows: list.current.rows, isCut, error: undefined });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        if (!isOver) setClients((before) => ({ ...before, error: error.isUnreachable ? undefined : error }));
      }
      if (!isOver) timer = setTimeout(() => void load(), RELOAD_MS);
    };
    list.current = new ClientList();
    void load();
    reload.current = () => {
      clearTimeout(timer);
      timer = setTimeout(() => void load(), SOON_MS);
    };
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [protocol, isOnlineOnly, search]);
  useEffect(() => {
    if (state !== 'live') return undefined;
    const timer = setInterval(() => {
      if (!isChanged.current) return;
      isChanged.current = false;
      setClients((before) => (before.rows ? { ...before, rows: list.current.rows } : before));
    }, REDRAW_MS);
    return () => clearInterval(timer);
  }, [state]);
  return clients;
}
