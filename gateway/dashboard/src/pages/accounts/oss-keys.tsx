import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ask, get, part } from '../../api/client.ts';
import type { MadeOssKey, OssKeys } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { ActForm } from '../../components/act-form.tsx';
import { Badge, Empty, Notice } from '../../components/basics.tsx';
import { ConfirmButton } from '../../components/confirm.tsx';
import { Copyable } from '../../components/copyable.tsx';
import { Fault } from '../../components/fault.tsx';
import { Field } from '../../components/field.tsx';
import { formatDateTime } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { asVariables, isOnlyLocal } from './oss-variables.ts';

const KEYS = '/api/v1/oss-keys';
/** More are not chosen from a list but typed. */
const MAX_OFFERED = 200;

/** The keys with which programs keep files in the gateway as in Aliyun's object storage. `accounts`: the names that there are. */
export function ObjectKeys({ accounts }: { accounts: readonly string[] }): JSX.Element {
  const { answer, error, reload } = useAnswer('oss-keys', () => get<OssKeys>(KEYS));
  const [made, setMade] = useState<MadeOssKey>();
  const revoke = async (id: string): Promise<void> => {
    await ask('DELETE', `${KEYS}/${part(id)}`);
    if (made?.id === id) setMade(undefined);
    await reload();
  };
  return (
    <>
      <p class="hint">{t.ossKeys.intro}</p>
      {error && !error.isUnreachable && <Fault error={error} />}
      {answer?.listener === null && <Notice tone="warning">{t.ossKeys.closed}</Notice>}
      {answer && isOnlyLocal(answer.listener) && <p class="hint">{t.ossKeys.onlyHere}</p>}
      {answer?.keys.length === 0 && <Empty title={t.ossKeys.none} />}
      <ul class="names">
        {answer?.keys.map((key) => (
          <li key={key.id} class="with-button">
            <span>
              {key.name || key.id}{' '}
              {key.account === null ? (
                <Badge tone="warning">{t.ossKeys.everything}</Badge>
              ) : (
                <Badge tone="accent">{key.account}</Badge>
              )}{' '}
              <span class="hint">
                {key.prefix !== null && `${key.prefix}* · `}
                {t.accounts.made(formatDateTime(key.createdMs))}
              </span>
            </span>
            <ConfirmButton
              label={t.accounts.revokeOne}
              title={t.accounts.revokeOneTitle(key.name || key.id)}
              text={t.ossKeys.revokeText}
              act={() => revoke(key.id)}
            />
          </li>
        ))}
      </ul>
      {made && (
        <Notice tone="warning" title={t.ossKeys.once}>
          <Copyable text={asVariables(made, location.hostname)} isBlock />
        </Notice>
      )}
      <NewKey accounts={accounts} onMade={setMade} onChange={reload} />
    </>
  );
}

function NewKey({
  accounts,
  onMade,
  onChange,
}: {
  accounts: readonly string[];
  onMade: (key: MadeOssKey) => void;
  onChange: () => Promise<unknown>;
}): JSX.Element {
  /** Each key begins with empty fields. */
  const [count, setCount] = useState(0);
  const make = async (data: FormData): Promise<void> => {
    const [name = '', account = '', prefix = ''] = ['name', 'account', 'prefix'].map((field) =>
      String(data.get(field) ?? '').trim(),
    );
    const wanted = { name, ...(account !== '' && { account }), ...(prefix !== '' && { prefix }) };
    onMade(await ask<MadeOssKey>('POST', KEYS, wanted));
    setCount((before) => before + 1);
    await onChange();
  };
  return (
    <ActForm label={t.ossKeys.make} act={make}>
      <div key={count}>
        <Field label={t.ossKeys.name}>
          {(ids) => <input {...ids} name="name" maxLength={256} autocomplete="off" />}
        </Field>
        <Field label={t.ossKeys.account} hint={t.ossKeys.accountHint}>
          {(ids) => (
            <>
              <input
                {...ids}
                name="account"
                list={`${ids.id}-accounts`}
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
              />
              <datalist id={`${ids.id}-accounts`}>
                {accounts.slice(0, MAX_OFFERED).map((account) => (
                  <option key={account} value={account} />
                ))}
              </datalist>
            </>
          )}
        </Field>
        <Field label={t.ossKeys.prefix} hint={t.ossKeys.prefixHint}>
          {(ids) => <input {...ids} name="prefix" maxLength={1023} autocomplete="off" spellcheck={false} />}
        </Field>
      </div>
    </ActForm>
  );
}
