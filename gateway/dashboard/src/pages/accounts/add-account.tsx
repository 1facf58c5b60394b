import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ask } from '../../api/client.ts';
import { ActForm } from '../../components/act-form.tsx';
import { Field } from '../../components/field.tsx';
import { t } from '../../language/language.ts';
import { ACCOUNTS, type Role, type Secret } from './accounts.ts';

/** Adds an account, whose first token is shown once. */
export function AddAccount({
  roles,
  onToken,
  onAdded,
}: {
  roles: readonly Role[];
  onToken: (secret: Secret) => void;
  onAdded: () => Promise<unknown>;
}): JSX.Element {
  const [name, setName] = useState('');
  const [role, setRole] = useState('member');
  const add = async (): Promise<void> => {
    onToken(await ask<Secret>('POST', ACCOUNTS, { name, roles: [role] }));
    setName('');
    await onAdded();
  };
  return (
    <ActForm label={t.accounts.add} act={add}>
      <Field label={t.accounts.name} hint={t.accounts.nameHint}>
        {(ids) => (
          <input
            {...ids}
            value={name}
            required
            autocomplete="off"
            autocapitalize="none"
            spellcheck={false}
            onInput={({ currentTarget }) => setName(currentTarget.value)}
          />
        )}
      </Field>
      <Field label={t.accounts.role}>
        {(ids) => (
          <select {...ids} value={role} onChange={({ currentTarget }) => setRole(currentTarget.value)}>
            {roles.map((each) => (
              <option key={each.role} value={each.role}>
                {each.role}
              </option>
            ))}
          </select>
        )}
      </Field>
    </ActForm>
  );
}
