import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { withoutTurns } from '../common/text-direction.ts';
import { Icon } from './icon.tsx';

let isFirst = true;

/**
 * A page, or the part of it that was there before another one was opened beside it: its heading gets the focus when it is opened, so that whoever does not see it knows
 * where they are.
 *
 * @param isBeside whether it is the part that was there before
 */
export function Page({
  title,
  back,
  actions,
  isBeside = false,
  children,
}: {
  title: string;
  /** Where it belongs to. */
  back?: { href: string; label: string };
  actions?: ComponentChildren;
  isBeside?: boolean;
  children: ComponentChildren;
}): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isBeside) return;
    document.title = `${withoutTurns(title)} - CrossComm Gateway`;
    if (!isFirst) heading.current?.focus();
    isFirst = false;
  }, [title, isBeside]);
  return (
    <>
      <header class="page-head">
        {back && (
          <a class="back" href={back.href}>
            <Icon name="left" />
            {back.label}
          </a>
        )}
        {isBeside ? (
          <h2 class="title">{title}</h2>
        ) : (
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
        )}
        {actions !== undefined && <div class="buttons">{actions}</div>}
      </header>
      {children}
    </>
  );
}
