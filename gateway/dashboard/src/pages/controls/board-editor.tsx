import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Board, BoardItem } from '../../api/types.ts';
import { IconButton } from '../../components/basics.tsx';
import { Dialog } from '../../components/confirm.tsx';
import { Field } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { t } from '../../language/language.ts';
import { Control } from './control.tsx';
import { ItemForm } from './item-form.tsx';
import type { LiveValues } from './use-board-values.ts';

type Draft = Pick<Board, 'name' | 'items'>;

const SIZES = ['small', 'wide', 'full'] as const;
const MAX_NAME = 80;

/** A text that no other control of a board has. */
function newId(): string {
  return Math.random().toString(36).slice(2, 10);
}

/** A board that is being changed: controls are added, bound, put in order, sized and removed. Nothing is kept before it is saved. */
export function BoardEditor({
  board: { name, items },
  live,
  onChange,
}: {
  board: Draft;
  live: LiveValues;
  onChange: (board: Draft) => void;
}): JSX.Element {
  const [opened, setOpened] = useState<BoardItem>();
  const change = (next: readonly BoardItem[]): void => onChange({ name, items: [...next] });
  const put = (item: BoardItem): void => {
    const isThere = items.some(({ id }) => id === item.id);
    change(isThere ? items.map((each) => (each.id === item.id ? item : each)) : [...items, item]);
    setOpened(undefined);
  };
  const move = (from: number, to: number): void => {
    const next = [...items];
    next.splice(to, 0, ...next.splice(from, 1));
    change(next);
  };
  return (
    <>
      <div class="board-name">
        <Field label={t.controls.name}>
          {(ids) => (
            <input
              {...ids}
              value={name}
              maxLength={MAX_NAME}
              onInput={({ currentTarget }) => onChange({ name: currentTarget.value, items })}
            />
          )}
        </Field>
      </div>
      <div class="board editing">
        {items.map((item, index) => (
          <section key={item.id} class={`card ${item.size}`} aria-label={titleOf(item)}>
            <div class="item-tools">
              <IconButton
                icon="left"
                label={t.controls.earlier(titleOf(item))}
                disabled={index === 0}
                onClick={() => move(index, index - 1)}
              />
              <IconButton
                icon="right"
                label={t.controls.later(titleOf(item))}
                disabled={index === items.length - 1}
                onClick={() => move(index, index + 1)}
              />
              <IconButton
                icon="resize"
                label={t.controls.sizeOf(titleOf(item), t.controls.sizes[item.size])}
                onClick={() => put({ ...item, size: nextSize(item.size) })}
              />
              {item.kind !== 'hidden' && (
                <IconButton icon="edit" label={t.controls.change(titleOf(item))} onClick={() => setOpened(item)} />
              )}
              <IconButton
                icon="trash"
                label={t.controls.remove(titleOf(item))}
                onClick={() => change(items.filter(({ id }) => id !== item.id))}
              />
            </div>
            <div inert>
              <Control item={item} live={live} />
            </div>
          </section>
        ))}
        <button
          type="button"
          class="add-item"
          onClick={() => setOpened({ id: newId(), kind: 'switch', label: '', size: 'small' })}
        >
          <Icon name="plus" />
          {t.controls.add}
        </button>
      </div>
      {opened && (
        <Dialog
          title={items.includes(opened) ? t.controls.change(titleOf(opened)) : t.controls.add}
          onClose={() => setOpened(undefined)}
        >
          <ItemForm item={opened} values={live.values} onDone={put} onCancel={() => setOpened(undefined)} />
        </Dialog>
      )}
    </>
  );
}

/** The next size; the smallest after the largest. */
function nextSize(size: BoardItem['size']): BoardItem['size'] {
  return SIZES[(SIZES.indexOf(size) + 1) % SIZES.length] ?? 'small';
}

/** What a control is called in sentences. */
function titleOf({ label, kind, channel }: BoardItem): string {
  if (label !== '') return label;
  return channel ?? t.controls.kinds[kind];
}
