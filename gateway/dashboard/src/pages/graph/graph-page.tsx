import './graph.css';
import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import { gatewayNow } from '../../common/gateway-clock.ts';
import { hrefOf } from '../../common/route.ts';
import { Card, Empty, Notice } from '../../components/basics.tsx';
import { Fault } from '../../components/fault.tsx';
import { Choice, SearchField } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { Page } from '../../components/page.tsx';
import { formatCount } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { type GraphChannel, type GraphFacts, related } from './facts.ts';
import { GraphPicture } from './graph-picture.tsx';
import { GraphTable } from './graph-table.tsx';
import { isIn } from './groups.ts';
import { type PictureOptions, pictureOf } from './picture.ts';
import { RowDetails } from './row-details.tsx';
import type { Row } from './rows.ts';
import { useGraph } from './use-graph.ts';
import { useMedia } from './use-media.ts';

/** How many rows a column has at most, on a wide and on a narrow screen. */
const MOST_ROWS = 32;
const MOST_ROWS_NARROW = 20;
/** Up to so many channels the table is open at first. */
const SHORT_TABLE = 20;

type Kind = 'name' | 'protocol' | 'account';

/** Who talks to whom through which channels, and how much. */
export function GraphPage(): JSX.Element {
  const [isPaused, setPaused] = useState(false);
  const [search, setSearch] = useState('');
  const [kind, setKind] = useState<Kind>('name');
  const [onlyMoving, setOnlyMoving] = useState(false);
  const [within, setWithin] = useState<Row>();
  const [chosen, setChosen] = useState<string>();
  const { facts, drawing, error } = useGraph(isPaused);
  const isNarrow = useMedia('(max-width: 640px)');
  const most = isNarrow ? MOST_ROWS_NARROW : MOST_ROWS;
  const kindOf = (id: string): string => facts?.clients.get(id)?.[kind === 'account' ? 'account' : 'protocol'] ?? '';
  const ofKind = kind === 'name' ? () => '' : kindOf;
  const channels = useMemo(
    () => (facts ? chosenChannels(facts, { search, onlyMoving, within, kindOf: ofKind }) : []),
    [facts, drawing, search, onlyMoving, within, kind],
  );
  const picture = useMemo(
    () => pictureOf(channels, { most, kindOf: ofKind, within: within && insideOf(within, ofKind) }),
    [channels, most, kind],
  );
  const row = picture.rows.find(({ key }) => key === chosen);
  const lookInto = (into: Row): void => {
    setWithin(into);
    setChosen(undefined);
  };
  const isEmpty = picture.rows.length === 0;
  const isFiltered = search !== '' || within !== undefined || onlyMoving;
  return (
    <Page
      title={t.pages.graph}
      actions={
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          <Icon name={isPaused ? 'play' : 'pause'} />
          {isPaused ? t.conversation.resume : t.conversation.pause}
        </button>
      }
    >
      <div class="tools">
        <SearchField label={t.graph.search} value={search} onValue={setSearch} />
        <Choice
          label={t.graph.groups}
          value={kind}
          of={[
            ['name', t.graph.byName],
            ['protocol', t.graph.byProtocol],
            ['account', t.graph.byAccount],
          ]}
          onValue={(value) => setKind(value as Kind)}
        />
        <label class="check">
          <input
            type="checkbox"
            checked={onlyMoving}
            onChange={({ currentTarget }) => setOnlyMoving(currentTarget.checked)}
          />
          {t.graph.onlyMoving}
        </label>
        {within && (
          <button type="button" class="chip" onClick={() => setWithin(undefined)}>
            {t.graph.within(within.group.label)}
            <Icon name="close" />
          </button>
        )}
      </div>
      {error && <Fault error={error} />}
      {facts && facts.leftOut.clients + facts.leftOut.subscriptions > 0 && (
        <Notice tone="info">
          {t.graph.leftOut(formatCount(facts.leftOut.clients), formatCount(facts.leftOut.subscriptions))}
        </Notice>
      )}
      {!facts && !error && <p class="quiet">{t.common.loading}</p>}
      {facts && isEmpty && (
        <Card>
          <Empty title={isFiltered ? t.graph.noneFound : t.graph.none}>
            {!isFiltered && <a href={hrefOf('connect')}>{t.overview.howTo}</a>}
          </Empty>
        </Card>
      )}
      {facts && !isEmpty && (
        <>
          <div class={row ? 'graph-and-details' : undefined}>
            <GraphPicture
              picture={picture}
              chosen={row?.key}
              onChoose={(key) => setChosen(key === chosen ? undefined : key)}
              isPaused={isPaused}
              isNarrow={isNarrow}
            />
            {row && (
              <RowDetails
                row={row}
                channels={channels}
                facts={facts}
                onLookInto={lookInto}
                onClose={() => setChosen(undefined)}
              />
            )}
          </div>
          <p class="hint counts">{summary(facts, channels, isFiltered)}</p>
          <TheSameAsTable channels={channels} />
        </>
      )}
    </Page>
  );
}

/** The table; a long one is drawn for those alone who want it. */
function TheSameAsTable({ channels }: { channels: readonly GraphChannel[] }): JSX.Element {
  const [wanted, setWanted] = useState<boolean>();
  const isOpen = wanted ?? channels.length <= SHORT_TABLE;
  return (
    <details class="card flush" open={isOpen} onToggle={({ currentTarget }) => setWanted(currentTarget.open)}>
      <summary>{t.graph.asTable}</summary>
      {isOpen && <GraphTable channels={channels} />}
    </details>
  );
}

/** How many there are, and who has no part in it. */
function summary(facts: GraphFacts, channels: readonly GraphChannel[], isFiltered: boolean): string {
  const talking = new Set<string>();
  for (const { sends, hearings } of channels) {
    for (const { from } of sends) talking.add(from);
    for (const hearing of new Set(hearings)) for (const id of hearing.clients) talking.add(id);
  }
  const silent = [...facts.clients.keys()].filter((id) => !talking.has(id)).length;
  const unheard = channels.filter(({ sends, hearings }) => sends.length > 0 && hearings.length === 0).length;
  return [
    t.graph.count(formatCount(talking.size), formatCount(channels.length)),
    silent > 0 && !isFiltered ? t.graph.silent(formatCount(silent)) : '',
    unheard > 0 ? t.graph.unheardCount(formatCount(unheard)) : '',
  ].join(' ');
}

function insideOf({ column, group, isDirect }: Row, kindOf: (id: string) => string): PictureOptions['within'] {
  return { isOfChannels: column === 'channels' && !isDirect, has: (name) => isIn(group.spec, name, kindOf) };
}

interface Chosen {
  search: string;
  onlyMoving: boolean;
  within: Row | undefined;
  kindOf: (id: string) => string;
}

function chosenChannels(facts: GraphFacts, { search, onlyMoving, within, kindOf }: Chosen): GraphChannel[] {
  let channels = facts.channels(gatewayNow(), onlyMoving);
  if (within) {
    const { column, group } = within;
    const isWithin = (name: string): boolean => isIn(group.spec, name, kindOf);
    const none = (): boolean => false;
    channels =
      column === 'channels'
        ? channels.filter(({ name, isDirect }) => isDirect === within.isDirect && isIn(group.spec, name, () => ''))
        : related(channels, { client: isWithin, channel: none });
  }
  const wanted = search.trim().toLowerCase();
  if (wanted === '') return channels;
  const isWanted = (name: string): boolean => name.toLowerCase().includes(wanted);
  return related(channels, { client: isWanted, channel: isWanted });
}
