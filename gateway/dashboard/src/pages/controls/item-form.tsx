import type { JSX } from 'preact';
import { useEffect, useId, useState } from 'preact/hooks';
import { ApiError, get } from '../../api/client.ts';
import type { BoardItem, ChannelView } from '../../api/types.ts';
import { Field } from '../../components/field.tsx';
import { FormButtons } from '../../components/form-buttons.tsx';
import { t } from '../../language/language.ts';
import type { BoardValues } from './board-values.ts';
import { numberOf } from './outgoing.ts';

const KINDS = ['switch', 'button', 'slider', 'colour', 'value', 'chart', 'image', 'text'] as const;
/** How many channels are suggested. */
const MAX_CHANNELS = 200;

/** Kinds that are bound to a channel, and those that send. */
const BOUND = new Set<BoardItem['kind']>(['switch', 'button', 'slider', 'colour', 'value', 'chart']);
const SENDS = new Set<BoardItem['kind']>(['switch', 'button', 'slider', 'colour']);

type TextPart = 'label' | 'channel' | 'key' | 'value' | 'on' | 'off' | 'unit' | 'text' | 'object';
type NumberPart = 'min' | 'max' | 'step';

/** What a control is, and what it is bound to. */
export function ItemForm({
  item,
  values,
  onDone,
  onCancel,
}: {
  item: BoardItem;
  values: BoardValues;
  onDone: (item: BoardItem) => void;
  onCancel: () => void;
}): JSX.Element {
  const [draft, setDraft] = useState(item);
  const [channels, setChannels] = useState<string[]>([]);
  const lists = useId();
  useEffect(() => {
    get<{ channels: ChannelView[] }>('/api/v1/channels', { limit: MAX_CHANNELS })
      .then((answer) => setChannels(answer.channels.map(({ name }) => name)))
      .catch((error: unknown) => {
        // Without suggestions, the name is typed.
        if (!(error instanceof ApiError)) throw error;
      });
  }, []);
  const { kind } = draft;
  const text = (name: TextPart, label: string, more: JSX.IntrinsicElements['input'] = {}, hint?: string) => (
    <Field label={label} {...(hint === undefined ? {} : { hint })}>
      {(ids) => (
        <input
          {...ids}
          autocomplete="off"
          spellcheck={false}
          value={draft[name] ?? ''}
          onInput={({ currentTarget }) => setDraft({ ...draft, [name]: currentTarget.value })}
          {...more}
        />
      )}
    </Field>
  );
  const number = (name: NumberPart, label: string) => (
    <Field label={label}>
      {(ids) => (
        <input
          {...ids}
          type="number"
          step="any"
          value={draft[name] ?? ''}
          onInput={({ currentTarget }) => setDraft({ ...draft, [name]: numberOf(currentTarget.value) })}
        />
      )}
    </Field>
  );
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onDone(cleaned(draft));
      }}
    >
      <Field label={t.controls.kind}>
        {(ids) => (
          <select
            {...ids}
            value={kind}
            onChange={({ currentTarget }) =>
              setDraft({ ...draft, ...withKind(currentTarget.value as BoardItem['kind']) })
            }
          >
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {t.controls.kinds[each]}
              </option>
            ))}
          </select>
        )}
      </Field>
      {text('label', t.controls.label, { maxLength: 80 })}
      {(BOUND.has(kind) || kind === 'image') &&
        text('channel', t.controls.channel, {
          list: `${lists}-channels`,
          required: BOUND.has(kind) || draft.object === undefined,
          maxLength: 1024,
        })}
      {BOUND.has(kind) && text('key', t.controls.key, { list: `${lists}-keys`, maxLength: 200 }, t.controls.keyHint)}
      {kind === 'button' &&
        text('value', t.controls.value, { maxLength: 1000, placeholder: 'true' }, t.controls.valueHint)}
      {kind === 'switch' && (
        <div class="fields">
          {text('on', t.controls.on, { maxLength: 200, placeholder: 'true' })}
          {text('off', t.controls.off, { maxLength: 200, placeholder: 'false' })}
        </div>
      )}
      {kind === 'slider' && (
        <div class="fields numbers">
          {number('min', t.controls.min)}
          {number('max', t.controls.max)}
          {number('step', t.controls.step)}
        </div>
      )}
      {(kind === 'slider' || kind === 'value') && text('unit', t.controls.unit, { maxLength: 20 })}
      {kind === 'image' && text('object', t.controls.object, { maxLength: 1024 }, t.controls.objectHint)}
      {kind === 'text' && (
        <Field label={t.controls.text}>
          {(ids) => (
            <textarea
              {...ids}
              rows={4}
              maxLength={2000}
              value={draft.text ?? ''}
              onInput={({ currentTarget }) => setDraft({ ...draft, text: currentTarget.value })}
            />
          )}
        </Field>
      )}
      {SENDS.has(kind) && (
        <label class="check">
          <input
            type="checkbox"
            checked={draft.retain ?? false}
            onChange={({ currentTarget }) => setDraft({ ...draft, retain: currentTarget.checked })}
          />
          {t.send.retain}
        </label>
      )}
      <datalist id={`${lists}-channels`}>
        {channels.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <datalist id={`${lists}-keys`}>
        {values.fieldsOf(draft.channel ?? '').map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <FormButtons label={t.controls.take} onCancel={onCancel} />
    </form>
  );
}

/** A chart, an image or a text needs more room than a switch. */
function withKind(kind: BoardItem['kind']): Pick<BoardItem, 'kind' | 'size'> {
  return { kind, size: kind === 'chart' || kind === 'image' || kind === 'text' ? 'wide' : 'small' };
}

/** What belongs to its kind, and was not left empty. */
function cleaned({ id, kind, label, size, ...rest }: BoardItem): BoardItem {
  const item: BoardItem = { id, kind, label: label.trim(), size };
  const has = (...names: (keyof typeof rest)[]): void => {
    for (const name of names) {
      const value = rest[name];
      if (value !== undefined && value !== '' && value !== false) Object.assign(item, { [name]: value });
    }
  };
  if (BOUND.has(kind)) has('channel', 'key');
  if (SENDS.has(kind)) has('retain');
  if (kind === 'button') has('value');
  if (kind === 'switch') has('on', 'off');
  if (kind === 'slider') has('min', 'max', 'step');
  if (kind === 'slider' || kind === 'value') has('unit');
  if (kind === 'image') has('channel', 'object');
  if (kind === 'text') has('text');
  return item;
}
