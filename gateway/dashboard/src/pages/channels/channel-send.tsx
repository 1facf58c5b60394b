import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { MessageView } from '../../api/types.ts';
import { Field } from '../../components/field.tsx';
import { t } from '../../language/language.ts';
import { NOTHING_SAID, SendForm, SendTools, sendMessage } from '../conversation/send-form.tsx';
import { fieldsOf } from './numbers.ts';

/** What is sent to a channel: by a form made of what was said there last, or anything. */
export function ChannelSend({ to, last }: { to: string; last: MessageView | undefined }): JSX.Element {
  // The form stays as it was begun, whatever is said meanwhile.
  const [begun, setBegun] = useState<Record<string, unknown>>();
  const [isFree, setFree] = useState(false);
  const fields = begun ?? (last && fieldsOf(last));
  if (!fields || Object.keys(fields).length === 0) return <SendForm to={to} mayRetain />;
  return (
    <>
      <div class="tabs">
        <button type="button" aria-pressed={!isFree} onClick={() => setFree(false)}>
          {t.channels.sendFields}
        </button>
        <button type="button" aria-pressed={isFree} onClick={() => setFree(true)}>
          {t.channels.sendFree}
        </button>
      </div>
      {isFree ? (
        <SendForm to={to} mayRetain />
      ) : (
        <FieldsForm to={to} fields={fields} onBegin={() => setBegun(fields)} />
      )}
    </>
  );
}

interface FieldsFormProps {
  to: string;
  fields: Record<string, unknown>;
  onBegin: () => void;
}

function FieldsForm({ to, fields, onBegin }: FieldsFormProps): JSX.Element {
  const [changed, setChanged] = useState<Record<string, unknown>>({});
  const [retain, setRetain] = useState(false);
  const [said, setSaid] = useState(NOTHING_SAID);
  const change = (name: string, value: unknown): void => {
    onBegin();
    setChanged((before) => ({ ...before, [name]: value }));
  };
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setSaid(await sendMessage({ to, kind: 'dict', body: JSON.stringify({ ...fields, ...changed }), retain }));
  };
  return (
    <form class="send" onSubmit={(event) => void submit(event)}>
      <div class="fields">
        {Object.entries(fields).map(([name, value]) => (
          <Value
            key={name}
            name={name}
            value={Object.hasOwn(changed, name) ? changed[name] : value}
            onValue={(to) => change(name, to)}
          />
        ))}
      </div>
      <SendTools retain={retain} onRetain={setRetain} said={said} />
    </form>
  );
}

/** A field of the kind that its value is. */
function Value({
  name,
  value,
  onValue,
}: {
  name: string;
  value: unknown;
  onValue: (value: unknown) => void;
}): JSX.Element {
  if (typeof value === 'boolean') {
    return (
      <label class="check">
        <input type="checkbox" checked={value} onChange={({ currentTarget }) => onValue(currentTarget.checked)} />
        {name}
      </label>
    );
  }
  if (typeof value === 'number') {
    // Shows what is said meanwhile until somebody types in it, and then what was typed, which may be half a number.
    return (
      <Field label={name}>
        {(ids) => (
          <input
            {...ids}
            type="number"
            step="any"
            required
            defaultValue={String(value)}
            onInput={({ currentTarget: { valueAsNumber } }) => Number.isNaN(valueAsNumber) || onValue(valueAsNumber)}
          />
        )}
      </Field>
    );
  }
  if (typeof value === 'string') {
    return (
      <Field label={name}>
        {(ids) => <input {...ids} value={value} onInput={({ currentTarget }) => onValue(currentTarget.value)} />}
      </Field>
    );
  }
  return <JsonValue name={name} value={value} onValue={onValue} />;
}

/** A list, an object or null, as JSON. */
function JsonValue({
  name,
  value,
  onValue,
}: {
  name: string;
  value: unknown;
  onValue: (value: unknown) => void;
}): JSX.Element {
  const check = (input: HTMLInputElement): void => {
    try {
      onValue(JSON.parse(input.value));
      input.setCustomValidity('');
    } catch {
      input.setCustomValidity(t.send.badJson);
    }
  };
  return (
    <Field label={t.channels.json(name)}>
      {(ids) => (
        <input
          {...ids}
          spellcheck={false}
          defaultValue={JSON.stringify(value)}
          onChange={({ currentTarget }) => check(currentTarget)}
        />
      )}
    </Field>
  );
}
