import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { get } from '../../api/client.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { hrefOf, type PageProps } from '../../common/route.ts';
import { Badge, Card, Empty } from '../../components/basics.tsx';
import { Fault } from '../../components/fault.tsx';
import { SearchField } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { formatCount, formatDateTime } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { AccountPage } from './account-page.tsx';
import { ACCOUNTS, type Account, loadQuotas, loadRoles, type Secret } from './accounts.ts';
import { AddAccount } from './add-account.tsx';
import { ObjectKeys } from './oss-keys.tsx';
import { Roles } from './roles.tsx';
import { ShownToken } from './shown-token.tsx';

/** Fewer accounts than this are seen at a glance. */
const MANY = 10;
/** More are not read but searched for. */
const MAX_SHOWN = 200;

/** Accounts and what they may do, or one of them; for whoever may operate the gateway. */
export function AccountsPage({ name }: PageProps): JSX.Element {
  return name === undefined ? <All /> : <AccountPage key={name} name={name} />;
}

function All(): JSX.Element {
  const accounts = useAnswer('accounts', () => get<{ accounts: Account[] }>(ACCOUNTS));
  const roles = useAnswer('roles', loadRoles);
  const quotas = useAnswer('quotas', loadQuotas);
  const [secret, setSecret] = useState<Secret>();
  const [search, setSearch] = useState('');
  const error = accounts.error ?? roles.error;
  const list = accounts.answer?.accounts ?? [];
  const wanted = search.trim().toLowerCase();
  const found = list.filter(({ account, roles: having }) =>
    [account, ...having].some((text) => text.toLowerCase().includes(wanted)),
  );
  const reload = async (): Promise<void> => {
    await Promise.all([accounts.reload(), roles.reload()]);
  };
  return (
    <Page title={t.pages.accounts}>
      {error && <Fault error={error} />}
      {secret && <ShownToken secret={secret} />}
      <div class="columns">
        <Card>
          {list.length >= MANY && (
            <div class="tools">
              <SearchField label={t.accounts.search} value={search} onValue={setSearch} />
            </div>
          )}
          {accounts.answer && list.length === 0 && <Empty title={t.accounts.none} />}
          {list.length > 0 && found.length === 0 && <Empty title={t.accounts.noneFound} />}
          <ul class="names">
            {found.slice(0, MAX_SHOWN).map((account) => (
              <AccountLine key={account.account} account={account} />
            ))}
          </ul>
          {found.length > MAX_SHOWN && <p class="hint">{t.channels.moreHere(formatCount(found.length - MAX_SHOWN))}</p>}
        </Card>
        <div class="stack">
          {/* The first one would shut out whoever adds it, unless it is an administrator's. */}
          {list.length > 0 && (
            <Card title={t.accounts.add}>
              <AddAccount roles={roles.answer ?? []} onToken={setSecret} onAdded={reload} />
            </Card>
          )}
          <Card title={t.accounts.roles}>
            <Roles roles={roles.answer ?? []} quotas={quotas.answer ?? {}} onChange={reload} />
          </Card>
          <Card title={t.ossKeys.title}>
            <ObjectKeys accounts={list.map(({ account }) => account)} />
          </Card>
        </div>
      </div>
    </Page>
  );
}

function AccountLine({ account: view }: { account: Account }): JSX.Element {
  const { account, roles, ids, expires, hasPassword, tokens, certificates } = view;
  return (
    <li>
      <p>
        <a href={hrefOf('accounts', account)}>{account}</a>{' '}
        {roles.map((role) => (
          <Badge key={role} tone="accent">
            {role}
          </Badge>
        ))}
      </p>
      <p class="hint">
        {[
          hasPassword && t.accounts.password,
          tokens.length > 0 && t.accounts.tokens(formatCount(tokens.length)),
          certificates.length > 0 && t.accounts.certificates(formatCount(certificates.length)),
          ids.length > 0 && t.accounts.owns(ids.join(', ')),
          expires !== null && t.accounts.expires(formatDateTime(Date.parse(expires))),
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
    </li>
  );
}
