import type { ComponentChildren, JSX } from 'preact';
import { Icon, type IconName } from './icon.tsx';

/** A part of a page, with its heading. */
export function Card({
  title,
  actions,
  children,
  isWide = false,
}: {
  title?: string;
  actions?: ComponentChildren;
  children: ComponentChildren;
  isWide?: boolean;
}): JSX.Element {
  return (
    <section class={isWide ? 'card wide' : 'card'}>
      {title !== undefined && (
        <header>
          <h2>{title}</h2>
          {actions}
        </header>
      )}
      {children}
    </section>
  );
}

/** A number that is read at a glance. */
export function Stat({ label, value, hint }: { label: string; value: string; hint?: string | undefined }): JSX.Element {
  return (
    <div class="stat">
      <dt>{label}</dt>
      <dd>
        <span class="value">{value}</span>
        {hint !== undefined && <span class="hint">{hint}</span>}
      </dd>
    </div>
  );
}

export type Tone = 'plain' | 'good' | 'warning' | 'bad' | 'accent';

/** A word that says which kind something is. */
export function Badge({ tone = 'plain', children }: { tone?: Tone; children: ComponentChildren }): JSX.Element {
  return <span class={`badge ${tone}`}>{children}</span>;
}

/** Something to know or to do, in a sentence. Screen readers read those that are `bad` at once. */
export function Notice({
  tone,
  title,
  lang,
  children,
}: {
  tone: 'good' | 'warning' | 'bad' | 'info';
  title?: string;
  /** Of the text, where that is not the one of the page. */
  lang?: string;
  children?: ComponentChildren;
}): JSX.Element {
  const icon: IconName = tone === 'good' ? 'check' : tone === 'info' ? 'info' : 'warning';
  return (
    <div class={`notice ${tone}`} role={tone === 'bad' ? 'alert' : 'status'}>
      <Icon name={icon} />
      <div lang={lang}>
        {title !== undefined && <strong>{title}</strong>}
        {children}
      </div>
    </div>
  );
}

/** What stands where there is nothing yet, and what to do. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <p>{title}</p>
      {children}
    </div>
  );
}

/** A picture that does something, with its name for all who do not see it. */
export function IconButton({
  icon,
  label,
  onClick,
  ...rest
}: {
  icon: IconName;
  label: string;
  onClick: (event: MouseEvent) => void;
} & Omit<JSX.IntrinsicElements['button'], 'icon' | 'label' | 'onClick' | 'children'>): JSX.Element {
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={onClick} {...rest}>
      <Icon name={icon} />
    </button>
  );
}

/** Facts about one thing, each with its name. Those that are undefined are left out. */
export function Facts({ of }: { of: readonly (readonly [string, ComponentChildren])[] }): JSX.Element {
  return (
    <dl class="facts">
      {of
        .filter(([, value]) => value !== undefined && value !== '')
        .map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
    </dl>
  );
}
