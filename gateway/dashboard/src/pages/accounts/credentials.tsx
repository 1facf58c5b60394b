import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ask, part } from '../../api/client.ts';
import { saveFile } from '../../common/save-file.ts';
import { ActForm } from '../../components/act-form.tsx';
import { Empty, Notice } from '../../components/basics.tsx';
import { ConfirmButton } from '../../components/confirm.tsx';
import { Field } from '../../components/field.tsx';
import { formatDateTime } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { type Account, pathOf, type Secret } from './accounts.ts';

interface CredentialsProps {
  account: Account;
  onChange: () => Promise<unknown>;
}

/** The tokens of an account. */
export function Tokens({
  account: { account, tokens },
  onChange,
  onToken,
}: CredentialsProps & { onToken: (secret: Secret) => void }): JSX.Element {
  const path = `${pathOf(account)}/tokens`;
  const [label, setLabel] = useState('');
  const add = async (): Promise<void> => {
    onToken(await ask<Secret>('POST', path, label.trim() === '' ? {} : { label: label.trim() }));
    setLabel('');
    await onChange();
  };
  const revoke = async (id?: string): Promise<void> => {
    await ask('DELETE', id === undefined ? path : `${path}/${part(id)}`);
    await onChange();
  };
  return (
    <>
      {tokens.length === 0 && <Empty title={t.accounts.noTokens} />}
      <ul class="names">
        {tokens.map(({ id, created, label: what }) => (
          <li key={id} class="with-button">
            <span>
              {what ?? id} <span class="hint">{t.accounts.made(formatDateTime(Date.parse(created)))}</span>
            </span>
            <ConfirmButton
              label={t.accounts.revokeOne}
              title={t.accounts.revokeOneTitle(what ?? id)}
              text={t.accounts.revokeText}
              act={() => revoke(id)}
            />
          </li>
        ))}
      </ul>
      <ActForm label={t.accounts.newToken} act={add}>
        <Field label={t.accounts.label} hint={t.accounts.newTokenText}>
          {(ids) => (
            <input
              {...ids}
              value={label}
              maxLength={256}
              autocomplete="off"
              onInput={({ currentTarget }) => setLabel(currentTarget.value)}
            />
          )}
        </Field>
      </ActForm>
      {tokens.length > 1 && (
        <ConfirmButton
          label={t.accounts.revoke}
          title={t.accounts.revokeTitle(account)}
          text={t.accounts.revokeText}
          act={() => revoke()}
        />
      )}
    </>
  );
}

/** A certificate that was just issued, with its key. */
interface Issued {
  certificate: string;
  key: string;
  authority: string;
}

const DAYS = 365;

/** The client certificates of an account. */
export function Certificates({ account: { account, certificates }, onChange }: CredentialsProps): JSX.Element {
  const path = `${pathOf(account)}/certificates`;
  const [issued, setIssued] = useState<Issued>();
  const issue = async (data: FormData): Promise<void> => {
    setIssued(await ask<Issued>('POST', path, { days: Number(data.get('days')) }));
    await onChange();
  };
  return (
    <>
      {certificates.length === 0 && <Empty title={t.accounts.noCertificates} />}
      {issued && (
        <Notice tone="warning" title={t.accounts.keyOnce}>
          <div class="buttons">
            <button type="button" onClick={() => saveFile(`${account}.crt`, issued.certificate)}>
              {t.accounts.certificateFile}
            </button>
            <button type="button" onClick={() => saveFile(`${account}.key`, issued.key)}>
              {t.accounts.keyFile}
            </button>
            <button type="button" onClick={() => saveFile('ca.crt', issued.authority)}>
              {t.accounts.authorityFile}
            </button>
          </div>
        </Notice>
      )}
      <ul class="names">
        {certificates.map(({ id, expires }) => (
          <li key={id} class="with-button">
            <span>
              <code>{id.slice(0, 12)}</code>{' '}
              <span class="hint">{t.accounts.expires(formatDateTime(Date.parse(expires)))}</span>
            </span>
            <ConfirmButton
              label={t.accounts.revokeOne}
              title={t.accounts.revokeOneTitle(id.slice(0, 12))}
              text={t.accounts.revokeText}
              act={async () => {
                await ask('DELETE', `${path}/${part(id)}`);
                await onChange();
              }}
            />
          </li>
        ))}
      </ul>
      <ActForm label={t.accounts.issue} act={issue}>
        <Field label={t.accounts.days} hint={t.accounts.certificateHint}>
          {(ids) => <input {...ids} name="days" type="number" min={1} max={3650} required defaultValue={DAYS} />}
        </Field>
      </ActForm>
    </>
  );
}
