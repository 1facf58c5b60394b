import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { get, part } from '../../api/client.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Empty, Notice } from '../../components/basics.tsx';
import { Fault } from '../../components/fault.tsx';
import { formatCount, formatTime } from '../../language/format.ts';
import { t } from '../../language/language.ts';

interface BoardLines {
  lines: { timeMs: number; kind: string; text: string }[];
  counts: Record<'line' | 'noise' | 'too_long', number>;
}

const RELOAD_MS = 1_000;

/** What a device prints and logs: a board's `Serial.println`, and what it says when it starts. */
export function BoardLog({ id }: { id: string }): JSX.Element | null {
  const path = `/api/v1/clients/${part(id)}/log`;
  const { answer, error } = useAnswer(path, () => get<BoardLines>(path), RELOAD_MS);
  const box = useRef<HTMLPreElement>(null);
  const last = answer?.lines.at(-1)?.timeMs;
  // The newest line stays in sight.
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [last]);
  if (error?.status === 404) return <Empty title={t.devices.noLog} />;
  if (error && !error.isUnreachable) return <Fault error={error} />;
  if (!answer) return null;
  const { lines, counts } = answer;
  return (
    <section aria-label={`${t.devices.log}: ${id}`} class="board-log">
      {counts.noise > 0 && <Notice tone="warning">{t.devices.noise(formatCount(counts.noise))}</Notice>}
      {lines.length === 0 ? (
        <Empty title={t.devices.noLog} />
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
        <pre ref={box} tabIndex={0}>
          {lines.map(textOf).join('\n')}
        </pre>
      )}
    </section>
  );
}

function textOf({ timeMs, kind, text }: BoardLines['lines'][number]): string {
  return `${formatTime(timeMs)}  ${kind === 'line' ? text : `(${t.devices.kinds[kind] ?? kind}) ${text}`}`;
}
