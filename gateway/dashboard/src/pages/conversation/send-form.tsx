import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, ask } from '../../api/client.ts';
import type { SendAnswer } from '../../api/types.ts';
import { faultText } from '../../components/fault.tsx';
import { Field } from '../../components/field.tsx';
import { formatCount } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { reasonText } from './reasons.ts';

/** What is sent. */
export interface Outgoing {
  to: string;
  kind: 'text' | 'json' | 'dict';
  /** Text, or JSON text. */
  body: string;
  retain?: boolean;
}

/** Sends a message, and says in a sentence what became of it. */
export async function sendMessage(message: Outgoing): Promise<Said> {
  try {
    const { delivered, reason } = await ask<SendAnswer>('POST', '/api/v1/messages', message);
    if (delivered > 0) return { text: t.send.delivered(formatCount(delivered)), isGood: true };
    const isUnheard = reason === null || reason === 'no_recipient';
    return isUnheard
      ? { text: t.send.nobody, isGood: true }
      : { text: t.send.refused(reasonText(reason)), isGood: false };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { text: faultText(error), isGood: false };
  }
}

/** What a JSON text is sent as: an object as fields, which every protocol has. undefined: it is no JSON. */
export function kindOfJson(body: string): 'json' | 'dict' | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? 'dict' : 'json';
  } catch {
    return undefined;
  }
}

/** What became of what was sent, as a form shows it. */
export interface Said {
  text: string;
  isGood: boolean;
}

export const NOTHING_SAID: Said = { text: '', isGood: true };

/** The end of a form that sends: whether it is retained, the button, and what became of it. `onRetain`: undefined where nothing may be retained. */
export function SendTools({
  retain,
  onRetain,
  said,
  children,
}: {
  retain: boolean;
  onRetain: ((retain: boolean) => void) | undefined;
  said: Said;
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <>
      <div class="tools">
        {children}
        {onRetain && (
          <label class="check">
            <input type="checkbox" checked={retain} onChange={({ currentTarget }) => onRetain(currentTarget.checked)} />
            {t.send.retain}
          </label>
        )}
        <button type="submit" class="primary">
          {t.send.submit}
        </button>
      </div>
      <p role="status" class={said.isGood ? 'hint' : 'fault'}>
        {said.text}
      </p>
    </>
  );
}

/** A form that sends a text or JSON to a client or a channel. */
export function SendForm({ to, mayRetain = false }: { to: string; mayRetain?: boolean }): JSX.Element {
  const [body, setBody] = useState('');
  const [isJson, setJson] = useState(false);
  const [retain, setRetain] = useState(false);
  const [said, setSaid] = useState(NOTHING_SAID);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const kind = isJson ? kindOfJson(body) : 'text';
    setSaid(
      kind === undefined
        ? { text: t.send.badJson, isGood: false }
        : await sendMessage({ to, kind, body, ...(mayRetain ? { retain } : {}) }),
    );
  };
  return (
    <form class="send" onSubmit={(event) => void submit(event)}>
      <Field label={t.send.text}>
        {(ids) => (
          <textarea
            {...ids}
            rows={2}
            spellcheck={false}
            required
            value={body}
            onInput={({ currentTarget }) => {
              setBody(currentTarget.value);
              // Whoever writes an object means one.
              if (kindOfJson(currentTarget.value) === 'dict') setJson(true);
            }}
          />
        )}
      </Field>
      <SendTools retain={retain} onRetain={mayRetain ? setRetain : undefined} said={said}>
        <label class="choice">
          <span>{t.send.kind}</span>
          <select
            value={isJson ? 'json' : 'text'}
            onChange={({ currentTarget }) => setJson(currentTarget.value === 'json')}
          >
            <option value="text">{t.send.asText}</option>
            <option value="json">{t.send.asJson}</option>
          </select>
        </label>
      </SendTools>
    </form>
  );
}
