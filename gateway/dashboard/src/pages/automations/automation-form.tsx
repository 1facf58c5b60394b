import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, ask, part } from '../../api/client.ts';
import type { DryRun } from '../../api/types.ts';
import { FaultLine, faultText } from '../../components/fault.tsx';
import { Field } from '../../components/field.tsx';
import { FormButtons } from '../../components/form-buttons.tsx';
import { t } from '../../language/language.ts';
import { type Definition, type Draft, definitionOf, draftOf, type Edge, EMPTY } from './draft.ts';
import { TriedOut, tryOut } from './dry-run.tsx';

type TextKey = Exclude<keyof Draft, 'edge'>;

/** Fields for one automation, which can be tried on the last hour before it is saved. `before`: what it is now; undefined: a new one. */
export function AutomationForm({
  before,
  onCancel,
  onSaved,
}: {
  before: Definition | undefined;
  onCancel: () => void;
  onSaved: () => Promise<void>;
}): JSX.Element {
  const [draft, setDraft] = useState<Draft>(before === undefined ? EMPTY : draftOf(before));
  const [tried, setTried] = useState<DryRun>();
  const [fault, setFault] = useState('');
  const attempt = async (act: (definition: Definition) => Promise<void>): Promise<void> => {
    try {
      setFault('');
      await act(definitionOf(draft, before));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(faultText(error));
    }
  };
  const save = (event: SubmitEvent): void => {
    event.preventDefault();
    void attempt(async ({ name, ...automation }) => {
      await ask('PUT', `/api/v1/automations/${part(String(name))}`, { automation });
      await onSaved();
    });
  };
  const text = (key: TextKey, hint: string, more: JSX.IntrinsicElements['input'] = {}): JSX.Element => (
    <Field label={t.automations.fields[key]} hint={hint}>
      {(ids) => (
        <input
          {...ids}
          {...more}
          value={draft[key]}
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          onInput={({ currentTarget }) => setDraft({ ...draft, [key]: currentTarget.value })}
        />
      )}
    </Field>
  );
  const { hints, edges } = t.automations;
  const seconds = { type: 'number', min: '0', step: 'any', inputMode: 'decimal' } as const;
  return (
    <form onSubmit={save}>
      {text('name', hints.name, { required: true, disabled: before !== undefined, pattern: '[A-Za-z0-9_\\-]{1,64}' })}
      {text('when', hints.when, { required: true })}
      {text('if', hints.if)}
      <Field label={t.automations.fields.edge}>
        {(ids) => (
          <select
            {...ids}
            value={draft.edge}
            onChange={({ currentTarget }) => setDraft({ ...draft, edge: currentTarget.value as Edge })}
          >
            {(['rising', 'none', 'falling'] as const).map((edge) => (
              <option key={edge} value={edge}>
                {edges[edge]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {text('holdS', hints.holdS, seconds)}
      {text('pauseS', hints.pauseS, seconds)}
      {text('channel', hints.channel, { required: true })}
      {text('body', hints.body)}
      <FaultLine text={fault} />
      {tried && <TriedOut of={tried} />}
      <FormButtons label={t.common.save} onCancel={onCancel}>
        <button
          type="button"
          onClick={() =>
            void attempt(async (definition) =>
              setTried(await tryOut([{ ...definition, name: definition.name || 'new' }])),
            )
          }
        >
          {t.automations.try}
        </button>
      </FormButtons>
    </form>
  );
}
