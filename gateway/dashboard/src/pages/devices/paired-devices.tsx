import type { JSX } from 'preact';
import { get, getList } from '../../api/client.ts';
import type { ClientView } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { hrefOf } from '../../common/route.ts';
import { Badge, Empty } from '../../components/basics.tsx';
import { Fault } from '../../components/fault.tsx';
import { formatDateTime } from '../../language/format.ts';
import { t } from '../../language/language.ts';

/** What the gateway calls tokens that were given by pairing. */
const PAIRED = 'paired';
const RELOAD_MS = 5_000;

interface Paired {
  account: string;
  /** When it was paired last. */
  created: string;
  /** Its clients that are online. */
  clients: readonly string[];
}

/** Devices that have a token by pairing. */
export function PairedDevices(): JSX.Element {
  const { answer: devices, error } = useAnswer('paired', load, RELOAD_MS);
  if (error && !error.isUnreachable) return <Fault error={error} />;
  if (devices?.length === 0) return <Empty title={t.devices.nonePaired} />;
  return (
    <ul class="names">
      {devices?.map(({ account, created, clients }) => (
        <li key={account}>
          <p>
            <a href={hrefOf('accounts', account)}>{account}</a>{' '}
            <Badge tone={clients.length > 0 ? 'good' : 'plain'}>
              {clients.length > 0 ? t.clients.online : t.clients.offline}
            </Badge>
          </p>
          <p class="hint">
            {t.devices.pairedOn(formatDateTime(Date.parse(created)))}
            {clients.slice(0, 3).map((id) => (
              <>
                {' · '}
                <a key={id} href={hrefOf('clients', id)}>
                  {id}
                </a>
              </>
            ))}
          </p>
        </li>
      ))}
    </ul>
  );
}

async function load(): Promise<Paired[]> {
  const [{ accounts }, { found }] = await Promise.all([
    get<{ accounts: { account: string; tokens: { created: string; label: string | null }[] }[] }>('/api/v1/accounts'),
    getList<ClientView>('/api/v1/clients', 'clients', { online: true }),
  ]);
  return accounts.flatMap(({ account, tokens }) => {
    const created = tokens.findLast(({ label }) => label === PAIRED)?.created;
    if (created === undefined) return [];
    return [{ account, created, clients: found.filter((client) => client.account === account).map(({ id }) => id) }];
  });
}
