import type { JSX } from 'preact';
import { hrefOf } from '../../common/route.ts';
import { Badge, Card, IconButton } from '../../components/basics.tsx';
import { formatCount, formatRate } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import type { GraphChannel, GraphFacts } from './facts.ts';
import { compareNames } from './groups.ts';
import type { Row } from './rows.ts';

/** More names than these are counted. */
const MAX_NAMES = 15;

interface Named {
  name: string;
  page: 'clients' | 'channels';
  perS?: number;
}

/** What is known of a row that was chosen. */
export function RowDetails({
  row,
  channels,
  facts,
  onLookInto,
  onClose,
}: {
  row: Row;
  channels: readonly GraphChannel[];
  facts: GraphFacts;
  onLookInto: (row: Row) => void;
  onClose: () => void;
}): JSX.Element {
  const { column, group, isDirect } = row;
  const [first = ''] = group.names;
  const isOne = group.names.length === 1;
  const isClient = column !== 'channels' || isDirect;
  const client = isOne && isClient ? facts.clients.get(first) : undefined;
  const page = isClient ? 'clients' : 'channels';
  return (
    <Card title={group.label} actions={<IconButton icon="close" label={t.common.close} onClick={onClose} />}>
      <p class="labelled">
        <Badge tone="accent">{isDirect ? t.graph.direct : isClient ? t.graph.client : t.graph.channel}</Badge>
        {client && <Badge>{client.protocol}</Badge>}
        {client?.account !== undefined && <Badge>{client.account}</Badge>}
        {!isOne && <Badge>{t.graph.members(formatCount(group.names.length))}</Badge>}
      </p>
      {row.isUnheard && <p class="fault">{t.graph.unheard}</p>}
      <div class="buttons">
        {isOne && (
          <a class="button" href={hrefOf(page, first)}>
            {t.graph.open}
          </a>
        )}
        <button type="button" onClick={() => onLookInto(row)}>
          {isOne ? t.graph.onlyThis : t.graph.lookInto}
        </button>
      </div>
      {column === 'channels' ? (
        <ChannelFacts names={group.names} channels={channels} isDirect={isDirect} />
      ) : (
        <ClientFacts names={group.names} channels={channels} facts={facts} />
      )}
      {!isOne && <Names title={t.graph.names} names={group.names.map((name) => ({ name, page }))} />}
    </Card>
  );
}

function ClientFacts({
  names,
  channels,
  facts,
}: {
  names: readonly string[];
  channels: readonly GraphChannel[];
  facts: GraphFacts;
}): JSX.Element {
  const ids = new Set(names);
  const sends = channels.flatMap(({ name, isDirect, sends }): Named[] => {
    const own = sends.filter(({ from }) => ids.has(from));
    if (own.length === 0) return [];
    return [{ name, page: isDirect ? 'clients' : 'channels', perS: own.reduce((sum, { perS }) => sum + perS, 0) }];
  });
  const hears = new Set(names.flatMap((id) => facts.clients.get(id)?.hears ?? []));
  return (
    <>
      <Names title={t.graph.sendsTo} names={sends} />
      <Names title={t.graph.subscribesTo} names={[...hears].map((name) => ({ name, page: 'channels' }))} />
    </>
  );
}

function ChannelFacts({
  names,
  channels,
  isDirect,
}: {
  names: readonly string[];
  channels: readonly GraphChannel[];
  isDirect: boolean;
}): JSX.Element {
  const wanted = new Set(names);
  const senders = new Map<string, number>();
  const listeners = new Set<string>();
  for (const channel of channels) {
    if (channel.isDirect !== isDirect || !wanted.has(channel.name)) continue;
    for (const { from, perS } of channel.sends) senders.set(from, (senders.get(from) ?? 0) + perS);
    for (const { clients } of channel.hearings) for (const id of clients) listeners.add(id);
  }
  return (
    <>
      <Names title={t.graph.senders} names={[...senders].map(([name, perS]) => ({ name, page: 'clients', perS }))} />
      <Names title={t.graph.listeners} names={[...listeners].map((name) => ({ name, page: 'clients' }))} />
    </>
  );
}

function Names({ title, names }: { title: string; names: readonly Named[] }): JSX.Element | null {
  if (names.length === 0) return null;
  const sorted = names.toSorted(
    (one, other) => (other.perS ?? 0) - (one.perS ?? 0) || compareNames(one.name, other.name),
  );
  const more = sorted.length - MAX_NAMES;
  return (
    <>
      <h3>{title}</h3>
      <ul class="graph-names">
        {sorted.slice(0, MAX_NAMES).map(({ name, page, perS = 0 }) => (
          <li key={`${page}/${name}`}>
            <a href={hrefOf(page, name)}>{name}</a>
            {perS >= 0.05 && <span class="hint">{`${formatRate(perS)}/s`}</span>}
          </li>
        ))}
        {more > 0 && <li class="hint">{t.graph.more(formatCount(more))}</li>}
      </ul>
    </>
  );
}
