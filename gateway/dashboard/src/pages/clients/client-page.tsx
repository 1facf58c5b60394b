import type { JSX } from 'preact';
import { ask, get, part } from '../../api/client.ts';
import { useFeed } from '../../api/feed.ts';
import { mayOperate, session } from '../../api/session.ts';
import type { ClientDetails } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useGatewayNow } from '../../common/gateway-clock.ts';
import { go } from '../../common/navigator.ts';
import { hrefOf } from '../../common/route.ts';
import { useStore } from '../../common/store.ts';
import { Badge, Card, Empty, Facts } from '../../components/basics.tsx';
import { ConfirmButton } from '../../components/confirm.tsx';
import { Fault } from '../../components/fault.tsx';
import { Page } from '../../components/page.tsx';
import { formatBytes, formatCount, formatDateTime, formatDuration } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { LiveMessages } from '../conversation/live-messages.tsx';
import { SendForm } from '../conversation/send-form.tsx';
import { BoardLog } from '../devices/board-log.tsx';
import { PortSettings } from '../devices/port-settings.tsx';
import { loadPorts } from '../devices/serial-ports.tsx';
import { accountOf } from './account.tsx';

const RELOAD_MS = 2_000;

/** One client: what it listens to, what it says and hears, and what can be done with it. */
export function ClientPage({ id }: { id: string }): JSX.Element {
  const path = `/api/v1/clients/${part(id)}`;
  const { answer, error, reload } = useAnswer(path, () => get<ClientDetails>(path), RELOAD_MS);
  useFeed({
    clients: ({ joined }) => {
      if (joined.some((client) => client.id === id)) void reload();
    },
  });
  const isOperator = mayOperate(useStore(session));
  const disconnect = async (): Promise<void> => {
    await ask('DELETE', path);
    await reload();
  };
  const forget = async (): Promise<void> => {
    await ask('DELETE', `${path}?forget=true`);
    go(hrefOf('clients'));
  };
  return (
    <Page
      title={id}
      back={{ href: hrefOf('clients'), label: t.pages.clients }}
      actions={
        isOperator &&
        answer &&
        answer.gateway === undefined && (
          <>
            {answer.protocol === 'serial' && <SerialSettings id={id} />}
            {answer.online && (
              <ConfirmButton
                label={t.client.disconnect}
                title={t.client.disconnectTitle(id)}
                text={t.client.disconnectText}
                act={disconnect}
              />
            )}
            <ConfirmButton
              label={t.client.forget}
              title={t.client.forgetTitle(id)}
              text={t.client.forgetText}
              act={forget}
            />
          </>
        )
      }
    >
      {error?.status === 404 && <Empty title={t.client.notHere(id)} />}
      {error && error.status !== 404 && !error.isUnreachable && <Fault error={error} />}
      {answer && <Content client={answer} isOperator={isOperator} />}
    </Page>
  );
}

/** A link to what is said there, live. What begins with `$` is a protocol's own, and no channel of the conversation. */
function Subscription({ filter }: { filter: string }): JSX.Element {
  if (filter.startsWith('$')) return <code>{filter}</code>;
  return (
    <a href={hrefOf('conversation', undefined, { channel: filter })}>
      <code>{filter}</code>
    </a>
  );
}

/** The button for the name and speed of a board, where its port is open and not in the configuration. */
function SerialSettings({ id }: { id: string }): JSX.Element | null {
  const { answer: ports } = useAnswer(`serial ${id}`, loadPorts);
  const port = ports?.find((each) => each.id === id && !each.isConfigured);
  return port ? <PortSettings port={port} onDone={(to) => go(hrefOf('clients', to))} /> : null;
}

/** Whose clients have a log of what they print. */
const PRINTS: ReadonlySet<string> = new Set(['serial', 'frames']);

function Content({ client, isOperator }: { client: ClientDetails; isOperator: boolean }): JSX.Element {
  const now = useGatewayNow();
  const { id, online, sinceMs, lastSeenMs, waitingBytes = 0, lost = 0, subscriptions } = client;
  return (
    <div class="columns">
      <div class="stack">
        <Card>
          <p>
            <Badge tone={online ? 'good' : 'plain'}>{online ? t.clients.online : t.clients.offline}</Badge>{' '}
            <Badge>{client.protocol}</Badge>
          </p>
          <Facts
            of={[
              [t.clients.account, accountOf(client)],
              [t.clients.gateway, client.gateway],
              [t.clients.address, client.peer],
              [
                t.client.joined,
                online ? <span title={formatDateTime(sinceMs)}>{formatDuration(now - sinceMs)}</span> : '',
              ],
              [
                t.client.lastSeen,
                <span key="seen" title={formatDateTime(lastSeenMs)}>
                  {t.overview.ago(formatDuration(now - lastSeenMs))}
                </span>,
              ],
              [t.client.in, formatCount(client.received)],
              [t.client.out, formatCount(client.sent)],
              [t.client.waiting, waitingBytes === 0 ? '' : formatBytes(waitingBytes)],
              [t.client.lost, lost === 0 ? '' : formatCount(lost)],
            ]}
          />
        </Card>
        <Card title={t.client.send}>
          <SendForm to={id} />
        </Card>
      </div>
      <Card title={t.client.subscriptions}>
        {subscriptions.length === 0 ? (
          <Empty title={t.client.noSubscriptions} />
        ) : (
          <ul class="names">
            {subscriptions.map((filter) => (
              <li key={filter}>
                <Subscription filter={filter} />
              </li>
            ))}
          </ul>
        )}
      </Card>
      {isOperator && PRINTS.has(client.protocol) && (
        <Card title={t.devices.log} isWide>
          <BoardLog id={id} />
        </Card>
      )}
      <Card title={t.client.messages} isWide>
        <LiveMessages filter={{ client: id }} empty={t.client.noMessages} />
      </Card>
    </div>
  );
}
