import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ask, get } from '../../api/client.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { go } from '../../common/navigator.ts';
import { hrefOf } from '../../common/route.ts';
import { ActForm } from '../../components/act-form.tsx';
import { Card, Empty, Notice } from '../../components/basics.tsx';
import { ConfirmButton } from '../../components/confirm.tsx';
import { Fault } from '../../components/fault.tsx';
import { Field } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { t } from '../../language/language.ts';
import { type Account, namesIn, pathOf, type Secret } from './accounts.ts';
import { Certificates, Tokens } from './credentials.tsx';
import { RoleBoxes } from './role-boxes.tsx';
import { ShownToken } from './shown-token.tsx';

/** One account: what it may do, until when, and by which credentials. */
export function AccountPage({ name }: { name: string }): JSX.Element {
  const path = pathOf(name);
  const { answer, error, reload } = useAnswer(path, () => get<Account>(path));
  const [secret, setSecret] = useState<Secret>();
  const remove = async (): Promise<void> => {
    await ask('DELETE', path);
    go(hrefOf('accounts'));
  };
  return (
    <Page
      title={name}
      back={{ href: hrefOf('accounts'), label: t.pages.accounts }}
      actions={
        answer && (
          <ConfirmButton
            label={t.accounts.remove}
            title={t.accounts.removeTitle(name)}
            text={t.accounts.removeText}
            act={remove}
          />
        )
      }
    >
      {error?.status === 404 && <Empty title={t.accounts.notHere(name)} />}
      {error && error.status !== 404 && !error.isUnreachable && <Fault error={error} />}
      {secret && <ShownToken secret={secret} />}
      {answer && <Content account={answer} onChange={reload} onToken={setSecret} />}
    </Page>
  );
}

function Content({
  account,
  onChange,
  onToken,
}: {
  account: Account;
  onChange: () => Promise<unknown>;
  onToken: (secret: Secret) => void;
}): JSX.Element {
  const path = pathOf(account.account);
  const put = async (what: string, body: object): Promise<void> => {
    const { warnings = [] } = await ask<{ warnings?: string[] }>('PUT', `${path}/${what}`, body);
    setWarnings(warnings);
    await onChange();
  };
  const [warnings, setWarnings] = useState<readonly string[]>([]);
  return (
    <>
      {warnings.map((warning) => (
        <Notice key={warning} tone="warning">
          {warning}
        </Notice>
      ))}
      <div class="columns">
        <Card title={t.accounts.roles}>
          <RolesForm account={account} put={put} />
        </Card>
        <Card title={t.accounts.until}>
          <ExpiryForm expires={account.expires} put={put} />
        </Card>
        <Card title={t.accounts.idsTitle}>
          <ActForm label={t.common.save} act={(data) => put('ids', { ids: namesIn(String(data.get('ids'))) })}>
            <Field label={t.accounts.ids} hint={t.accounts.idsHint(account.account)}>
              {(ids) => (
                <input
                  {...ids}
                  name="ids"
                  defaultValue={account.ids.join(', ')}
                  autocomplete="off"
                  spellcheck={false}
                />
              )}
            </Field>
          </ActForm>
        </Card>
        <Card title={t.accounts.passwordTitle}>
          <PasswordForm account={account} put={put} onChange={onChange} />
        </Card>
        <Card title={t.accounts.tokensTitle}>
          <Tokens account={account} onChange={onChange} onToken={onToken} />
        </Card>
        <Card title={t.accounts.certificatesTitle}>
          <Certificates account={account} onChange={onChange} />
        </Card>
      </div>
    </>
  );
}

type Put = (what: string, body: object) => Promise<void>;

function RolesForm({ account: { roles }, put }: { account: Account; put: Put }): JSX.Element {
  return (
    <ActForm label={t.common.save} act={(data) => put('roles', { roles: data.getAll('role').map(String) })}>
      <RoleBoxes chosen={roles} />
      <p class="hint">{t.accounts.rolesHint}</p>
    </ActForm>
  );
}

function ExpiryForm({ expires, put }: { expires: string | null; put: Put }): JSX.Element {
  return (
    <ActForm
      label={t.common.save}
      act={(data) => {
        const until = String(data.get('expires'));
        return put('expiry', { expires: until === '' ? null : new Date(until).toISOString() });
      }}
    >
      <Field label={t.accounts.end} hint={t.accounts.endHint}>
        {(ids) => (
          <input
            {...ids}
            name="expires"
            type="datetime-local"
            defaultValue={expires === null ? '' : localTime(expires)}
          />
        )}
      </Field>
    </ActForm>
  );
}

/** A time as fields for times have it: `2027-01-31T18:00`. */
function localTime(iso: string): string {
  const time = new Date(iso);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function PasswordForm({
  account: { account, hasPassword },
  put,
  onChange,
}: {
  account: Account;
  put: Put;
  onChange: () => Promise<unknown>;
}): JSX.Element {
  const [password, setPassword] = useState('');
  return (
    <>
      <ActForm
        label={t.common.save}
        act={async () => {
          await put('password', { password });
          setPassword('');
        }}
      >
        <Field
          label={hasPassword ? t.accounts.otherPassword : t.accounts.newPassword}
          hint={hasPassword ? t.accounts.hasPassword : t.accounts.noPassword}
        >
          {(ids) => (
            <input
              {...ids}
              type="password"
              autocomplete="new-password"
              required
              value={password}
              onInput={({ currentTarget }) => setPassword(currentTarget.value)}
            />
          )}
        </Field>
      </ActForm>
      {hasPassword && (
        <ConfirmButton
          label={t.accounts.takePassword}
          title={t.accounts.takePasswordTitle(account)}
          text={t.accounts.takePasswordText}
          act={async () => {
            await ask('DELETE', `${pathOf(account)}/password`);
            await onChange();
          }}
        />
      )}
    </>
  );
}
