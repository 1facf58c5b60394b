import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { t } from '../language/language.ts';
import { IconButton } from './basics.tsx';

/** A text that is to be typed or pasted somewhere else, and a button that copies it. */
export function Copyable({ text, isBlock = false }: { text: string; isBlock?: boolean }): JSX.Element {
  const code = useRef<HTMLElement>(null);
  const [said, setSaid] = useState('');
  const copy = async (): Promise<void> => {
    setSaid((await copyText(text, code.current)) ? t.common.copied : t.common.selected);
  };
  return (
    <span class={isBlock ? 'copyable block' : 'copyable'}>
      <code ref={code}>{text}</code>
      <IconButton
        icon={said === t.common.copied ? 'check' : 'copy'}
        label={`${t.common.copy}: ${text}`}
        onClick={() => void copy()}
        onBlur={() => setSaid('')}
      />
      <span class={said === t.common.copied ? 'unseen' : 'hint'} role="status">
        {said}
      </span>
    </span>
  );
}

/** Whether it is copied; without TLS a browser has no clipboard for scripts but the one for what is selected. */
async function copyText(text: string, shown: HTMLElement | null): Promise<boolean> {
  const isCopied = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  );
  if (isCopied || !shown) return isCopied ?? false;
  getSelection()?.selectAllChildren(shown);
  return document.execCommand('copy');
}
