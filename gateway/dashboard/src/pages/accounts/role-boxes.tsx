import type { JSX } from 'preact';
import { useAnswer } from '../../api/use-answer.ts';
import { t } from '../../language/language.ts';
import { loadQuotas, loadRoles } from './accounts.ts';
import { QuotaText } from './roles.tsx';

/** Of a form: the roles that there are, of which these are chosen. The form has those that are ticked as `role`. */
export function RoleBoxes({ chosen, label }: { chosen: readonly string[]; label?: string }): JSX.Element {
  const { answer: all = [] } = useAnswer('roles', loadRoles);
  const { answer: quotas = {} } = useAnswer('quotas', loadQuotas);
  // One that has gone is shown as long as it is chosen.
  const names = [...new Set([...all.map(({ role }) => role), ...chosen])];
  return (
    <fieldset>
      <legend class={label === undefined ? 'unseen' : ''}>{label ?? t.accounts.roles}</legend>
      {names.map((role) => (
        <div key={role}>
          <label class="check">
            <input type="checkbox" name="role" value={role} defaultChecked={chosen.includes(role)} />
            {role}
          </label>
          {chosen.includes(role) && <QuotaText quota={quotas[role]} />}
        </div>
      ))}
    </fieldset>
  );
}
