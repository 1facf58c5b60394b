import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ask, part } from '../../api/client.ts';
import { Badge } from '../../components/basics.tsx';
import { ConfirmButton, Dialog } from '../../components/confirm.tsx';
import { formatBytes, formatCount, formatRate } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { type About, type Quotas, ROLES, type Role, type Rule } from './accounts.ts';
import { RoleForm } from './role-form.tsx';

const MADE_BY_COMMAND = 'command';

/** All roles with their rules; those that are not of the gateway or its configuration can be changed. */
export function Roles({
  roles,
  quotas,
  onChange,
}: {
  roles: readonly Role[];
  quotas: Quotas;
  onChange: () => Promise<unknown>;
}): JSX.Element {
  /** undefined: nothing is edited; without a name: a new one. */
  const [edited, setEdited] = useState<{ role?: Role }>();
  const close = (): void => setEdited(undefined);
  return (
    <>
      <ul class="names">
        {roles.map((role) => (
          <li key={role.role}>
            <details>
              <summary>
                {role.role} <Badge>{t.accounts.sources[role.source] ?? role.source}</Badge>{' '}
                <span class="hint">{t.accounts.having(formatCount(role.accounts.length))}</span>
              </summary>
              <Rules rules={role.rules} />
              <QuotaText quota={quotas[role.role]} />
              {role.source === MADE_BY_COMMAND ? (
                <div class="buttons">
                  <button type="button" onClick={() => setEdited({ role })}>
                    {t.accounts.editRole}
                  </button>
                  <ConfirmButton
                    label={t.accounts.removeRole}
                    title={t.accounts.removeRoleTitle(role.role)}
                    text={t.accounts.removeRoleText}
                    act={async () => {
                      await ask('DELETE', `${ROLES}/${part(role.role)}`);
                      await onChange();
                    }}
                  />
                </div>
              ) : (
                <p class="hint">{role.source === 'configuration' ? t.accounts.roleOfFile : t.accounts.roleBuiltIn}</p>
              )}
            </details>
          </li>
        ))}
      </ul>
      <div class="buttons">
        <button type="button" onClick={() => setEdited({})}>
          {t.accounts.newRole}
        </button>
      </div>
      {edited && (
        <Dialog title={edited.role?.role ?? t.accounts.newRole} onClose={close}>
          <RoleForm
            role={edited.role}
            onDone={async () => {
              close();
              await onChange();
            }}
            onCancel={close}
          />
        </Dialog>
      )}
    </>
  );
}

function Rules({ rules }: { rules: readonly Rule[] }): JSX.Element {
  return (
    <ul class="rules">
      {rules.map((rule) => (
        <li key={JSON.stringify(rule)}>
          <Badge tone={rule.deny === undefined ? 'good' : 'bad'}>
            {rule.deny === undefined ? t.accounts.allow : t.accounts.deny}
          </Badge>{' '}
          {actionsOf(rule.allow ?? rule.deny)}
          {rule.topics && rule.topics.length > 0 && (
            <>
              {' '}
              <code>{rule.topics.join(', ')}</code>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function actionsOf(about: About | undefined): string {
  const actions = typeof about === 'string' ? [about] : (about ?? []);
  return actions.map((action) => t.accounts.actions[action] ?? action).join(', ');
}

/** What each account of a role may use, in a sentence; nothing where that is not limited. */
export function QuotaText({ quota }: { quota: Quotas[string] | undefined }): JSX.Element | null {
  if (!quota || Object.keys(quota).length === 0) return null;
  const parts = Object.entries(quota).map(
    ([key, most]) => t.accounts.quotas[key]?.(shown(key, most)) ?? `${key} ${most}`,
  );
  return <p class="hint">{t.accounts.quota(parts.join(', '))}</p>;
}

function shown(key: string, most: number): string {
  if (/bytes/i.test(key)) return formatBytes(most);
  return key === 'messagesPerSecond' ? formatRate(most) : formatCount(most);
}
