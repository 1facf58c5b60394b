import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, ask, part } from '../../api/client.ts';
import { IconButton } from '../../components/basics.tsx';
import { FaultLine, faultText } from '../../components/fault.tsx';
import { Field } from '../../components/field.tsx';
import { FormButtons } from '../../components/form-buttons.tsx';
import { t } from '../../language/language.ts';
import { namesIn, ROLES, type Role, type Rule } from './accounts.ts';

const ACTIONS = [
  ...['send', 'subscribe', 'presence', 'call', 'upload', 'read', 'clear', 'controls', 'accounts', 'operate'],
] as const;

/** A rule as it is edited. */
interface Draft {
  key: number;
  isAllowed: boolean;
  actions: readonly string[];
  topics: string;
}

let keys = 0;

function draftOf({ allow, deny, topics = [] }: Rule): Draft {
  const about = allow ?? deny ?? [];
  return {
    key: ++keys,
    isAllowed: deny === undefined,
    actions: typeof about === 'string' ? [about] : about,
    topics: topics.join(', '),
  };
}

function ruleOf({ isAllowed, actions, topics }: Draft): Rule {
  const names = namesIn(topics);
  return { [isAllowed ? 'allow' : 'deny']: actions, ...(names.length === 0 ? {} : { topics: names }) };
}

/** Makes a role, or gives it other rules, which hold at once. */
export function RoleForm({
  role,
  onDone,
  onCancel,
}: {
  role: Role | undefined;
  onDone: () => Promise<void>;
  onCancel: () => void;
}): JSX.Element {
  const [name, setName] = useState(role?.role ?? '');
  const [rules, setRules] = useState(() => (role?.rules ?? [{ allow: ['send', 'subscribe'] }]).map(draftOf));
  const [fault, setFault] = useState('');
  const change = (key: number, to: Partial<Draft>): void =>
    setRules((before) => before.map((rule) => (rule.key === key ? { ...rule, ...to } : rule)));
  const save = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    try {
      await ask('PUT', `${ROLES}/${part(name)}`, { rules: rules.map(ruleOf) });
      await onDone();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(faultText(error));
    }
  };
  return (
    <form class="role" onSubmit={(event) => void save(event)}>
      {!role && (
        <Field label={t.accounts.roleName}>
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
      )}
      {rules.map((rule, index) => (
        <RuleFields
          key={rule.key}
          rule={rule}
          number={index + 1}
          onChange={(to) => change(rule.key, to)}
          onRemove={() => setRules((before) => before.filter(({ key }) => key !== rule.key))}
        />
      ))}
      <p class="hint">{t.accounts.rulesHint}</p>
      <FaultLine text={fault} />
      <FormButtons label={t.common.save} onCancel={onCancel}>
        <button type="button" onClick={() => setRules((before) => [...before, draftOf({ allow: [] })])}>
          {t.accounts.addRule}
        </button>
      </FormButtons>
    </form>
  );
}

function RuleFields({
  rule: { isAllowed, actions, topics },
  number,
  onChange,
  onRemove,
}: {
  rule: Draft;
  number: number;
  onChange: (to: Partial<Draft>) => void;
  onRemove: () => void;
}): JSX.Element {
  return (
    <fieldset class="rule">
      <legend>{t.accounts.rule(number)}</legend>
      <div class="tools">
        <select
          aria-label={t.accounts.effect}
          value={isAllowed ? 'allow' : 'deny'}
          onChange={({ currentTarget }) => onChange({ isAllowed: currentTarget.value === 'allow' })}
        >
          <option value="allow">{t.accounts.allow}</option>
          <option value="deny">{t.accounts.deny}</option>
        </select>
        <IconButton icon="trash" label={t.accounts.removeRule(number)} onClick={onRemove} />
      </div>
      <div class="checks">
        {ACTIONS.map((action) => (
          <label key={action} class="check">
            <input
              type="checkbox"
              checked={actions.includes(action)}
              onChange={({ currentTarget }) =>
                onChange({
                  actions: currentTarget.checked ? [...actions, action] : actions.filter((each) => each !== action),
                })
              }
            />
            {t.accounts.actions[action] ?? action}
          </label>
        ))}
      </div>
      <Field label={t.accounts.topics} hint={t.accounts.topicsHint}>
        {(ids) => (
          <input
            {...ids}
            value={topics}
            autocomplete="off"
            spellcheck={false}
            onInput={({ currentTarget }) => onChange({ topics: currentTarget.value })}
          />
        )}
      </Field>
    </fieldset>
  );
}
