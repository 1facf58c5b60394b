import type { ComponentChildren, JSX } from 'preact';
import { t } from '../language/language.ts';

/** The end of a form that can be left without doing what it is for. `label`: of the button that does it. */
export function FormButtons({
  label,
  onCancel,
  children,
}: {
  label: string;
  onCancel: () => void;
  /** Other buttons, before these. */
  children?: ComponentChildren;
}): JSX.Element {
  return (
    <div class="buttons">
      {children}
      <button type="button" onClick={onCancel}>
        {t.common.cancel}
      </button>
      <button type="submit" class="primary">
        {label}
      </button>
    </div>
  );
}
