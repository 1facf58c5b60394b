import type { JSX } from 'preact';
import { type Found, saidOfFinding } from '../language/said.ts';
import { Notice } from './basics.tsx';

const TONES = { ok: 'good', warning: 'warning', fault: 'bad', unknown: 'info' } as const;

/** What was found out about something, and what to do about it. */
export function FindingNotice({ of }: { of: Found }): JSX.Element {
  const { sentence, advice, lang } = saidOfFinding(of);
  const tone = TONES[of.level as keyof typeof TONES] ?? 'info';
  return (
    <Notice tone={tone} title={sentence} {...(lang && { lang })}>
      {advice !== undefined && <p>{advice}</p>}
    </Notice>
  );
}
