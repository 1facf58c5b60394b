import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask, get, part } from '../../api/client.ts';
import type { ChannelDetails, ChannelHistory as Earlier, MessageView, SentMessage } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { gatewayNow, useGatewayNow } from '../../common/gateway-clock.ts';
import { hrefOf } from '../../common/route.ts';
import { Badge, Card, Empty } from '../../components/basics.tsx';
import { ConfirmButton } from '../../components/confirm.tsx';
import { Fault } from '../../components/fault.tsx';
import { Page } from '../../components/page.tsx';
import { formatCount, formatDuration, formatRate } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { LiveMessages } from '../conversation/live-messages.tsx';
import { detailsOf } from './channel-details.ts';
import { historyOf } from './channel-history.ts';
import { ChannelSend } from './channel-send.tsx';
import { ChannelShape } from './channel-shape.tsx';
import { LastValue } from './last-value.tsx';
import { NumbersChart } from './numbers-chart.tsx';
import type { LiveValue } from './use-channels.ts';

const RELOAD_MS = 5_000;
/** Of how many clients the page remembers that they have sent something. */
const MAX_SENDERS = 50;

/** Less is shown as nothing. */
const LEAST_PER_S = 0.05;

interface Sender {
  count: number;
  lastMs: number;
}

/** One channel: what is said there, by whom, and who hears it. */
export function ChannelView({ name, live }: { name: string; live: LiveValue | undefined }): JSX.Element {
  const path = `/api/v1/channels/${part(name)}`;
  const { answer, error, reload } = useAnswer(path, () => detailsOf(name), RELOAD_MS);
  const [newest, setNewest] = useState<MessageView>();
  const senders = useRef(new Map<string, Sender>());
  const history = historyOf(name);
  // What was said before comes first.
  const [isBegun, setBegun] = useState(false);
  useEffect(() => {
    void get<Earlier>(`${path}/history`)
      .then((earlier) => history.begin(earlier))
      .catch(() => {
        // Then the chart begins now.
      })
      .finally(() => setBegun(true));
  }, [path]);
  const take = (messages: readonly SentMessage[], last: SentMessage): void => {
    for (const message of messages) {
      history.add(message, gatewayNow());
      note(senders.current, message);
    }
    setNewest(last);
  };
  const last = newest ?? live?.last ?? answer?.last ?? answer?.retained;
  const deleteRetained = async (): Promise<void> => {
    await ask('DELETE', `${path}/retained`);
    await reload();
  };
  return (
    <Page
      title={name}
      back={{ href: hrefOf('channels'), label: t.pages.channels }}
      actions={
        <>
          {answer?.retained && <Badge tone="accent">{t.channels.retained}</Badge>}
          {live && live.perS >= LEAST_PER_S && <Badge>{t.channels.rate(formatRate(live.perS))}</Badge>}
        </>
      }
    >
      {error && !error.isUnreachable && <Fault error={error} />}
      <div class="stack">
        <Card title={t.channels.last}>
          {last ? <LastValue message={last} /> : <Empty title={t.channels.noValue} />}
        </Card>
        {history.fields.length > 0 && (
          <Card title={t.channels.chart}>
            <NumbersChart history={history} />
          </Card>
        )}
        <ChannelShape name={name} />
        <Card title={t.channels.send}>
          <ChannelSend to={name} last={last} />
        </Card>
        <div class="columns narrow">
          <Card title={t.channels.listeners}>
            <Listeners ids={answer?.subscribers ?? []} patterns={answer?.patterns ?? []} />
          </Card>
          <Card title={t.channels.senders}>
            <Senders of={senders.current} />
          </Card>
        </div>
        <Card title={t.channels.messages}>
          {isBegun && <LiveMessages filter={{ channel: name }} empty={t.channels.noValue} onMessages={take} />}
        </Card>
        {answer?.retained && (
          <div class="buttons">
            <ConfirmButton
              label={t.channels.deleteRetained}
              title={t.channels.deleteTitle(name)}
              text={t.channels.deleteText}
              act={deleteRetained}
            />
          </div>
        )}
      </div>
    </Page>
  );
}

function note(senders: Map<string, Sender>, { from, timestampMs }: MessageView): void {
  const { count = 0, lastMs = 0 } = senders.get(from) ?? {};
  senders.delete(from);
  senders.set(from, { count: count + 1, lastMs: Math.max(lastMs, timestampMs) });
  const [oldest] = senders.keys();
  if (senders.size > MAX_SENDERS && oldest !== undefined) senders.delete(oldest);
}

function Listeners({ ids, patterns }: { ids: readonly string[]; patterns: ChannelDetails['patterns'] }): JSX.Element {
  if (ids.length + patterns.length === 0) return <Empty title={t.channels.noListeners} />;
  return (
    <ul class="names">
      {ids.map((id) => (
        <li key={id}>
          <a href={hrefOf('clients', id)}>{id}</a>
        </li>
      ))}
      {patterns.map(({ id, filter }) => (
        <li key={`${id} ${filter}`}>
          <a href={hrefOf('clients', id)}>{id}</a> <span class="hint">{t.channels.byFilter(filter)}</span>
        </li>
      ))}
    </ul>
  );
}

function Senders({ of }: { of: ReadonlyMap<string, Sender> }): JSX.Element {
  const now = useGatewayNow();
  if (of.size === 0) return <Empty title={t.channels.noSenders} />;
  return (
    <ul class="names">
      {[...of].reverse().map(([id, { count, lastMs }]) => (
        <li key={id}>
          <a href={hrefOf('clients', id)}>{id}</a>{' '}
          <span class="hint">{t.channels.sentTimes(formatCount(count), formatDuration(now - lastMs))}</span>
        </li>
      ))}
    </ul>
  );
}
