import type { JSX } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { PageProps } from '../../common/route.ts';
import { Empty, Notice } from '../../components/basics.tsx';
import { Fault } from '../../components/fault.tsx';
import { SearchField } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { t } from '../../language/language.ts';
import { treeOf } from './channel-tree.ts';
import { ChannelView } from './channel-view.tsx';
import { TreeLevel } from './tree-view.tsx';
import { type Channels, useChannels } from './use-channels.ts';

const SEARCH_DELAY_MS = 300;
/** Up to so many channels the tree is unfolded at first. */
const UNFOLDED = 60;

/** The tree of channels, and the one that is open. */
export function ChannelsPage({ name }: PageProps): JSX.Element {
  const [search, setSearch] = useState('');
  const [asked, setAsked] = useState('');
  const found = useChannels(asked);
  const { isCut, error, values } = found;
  // Where the page has them all it looks itself; else the gateway has to, but not at each letter.
  useEffect(() => {
    if (!isCut && asked === '') return undefined;
    const timer = setTimeout(() => setAsked(search), SEARCH_DELAY_MS);
    return () => clearTimeout(timer);
  }, [search, isCut, asked]);
  return (
    <div class={name === undefined ? 'split' : 'split chosen'}>
      <div class="master">
        <Page title={t.pages.channels} isBeside={name !== undefined}>
          <div class="tools">
            <SearchField label={t.channels.search} value={search} onValue={setSearch} />
          </div>
          {error && <Fault error={error} />}
          {isCut && <Notice tone="info">{t.channels.more}</Notice>}
          <Tree found={found} search={search} open={name} />
        </Page>
      </div>
      <div class="detail">
        {name === undefined ? (
          <Empty title={t.channels.choose} />
        ) : (
          <ChannelView key={name} name={name} live={values.get(name)} />
        )}
      </div>
    </div>
  );
}

interface TreeOptions {
  found: Channels;
  search: string;
  open: string | undefined;
}

function Tree({ found: { channels, values, error }, search, open }: TreeOptions): JSX.Element | null {
  const wanted = search.trim().toLowerCase();
  // Channels that came since the list was asked for are known by what was said there.
  const fresh = [...values.keys()].filter((name) => !channels?.has(name));
  const key = fresh.join('\n');
  // The key says which ones are fresh.
  const nodes = useMemo(() => {
    const names = [...(channels?.keys() ?? []), ...fresh];
    return treeOf(names.filter((name) => name.toLowerCase().includes(wanted)));
  }, [channels, key, wanted]);
  if (!channels) return error ? null : <p class="quiet">{t.common.loading}</p>;
  if (nodes.length === 0) {
    return (
      <div class="card">
        <Empty title={wanted === '' ? t.channels.none : t.channels.noneFound} />
      </div>
    );
  }
  const isUnfolded = wanted !== '' || channels.size <= UNFOLDED;
  return (
    <nav class="card tree" aria-label={t.channels.tree} key={`${isUnfolded}`}>
      <TreeLevel nodes={nodes} values={values} open={open} isUnfolded={isUnfolded} />
    </nav>
  );
}
