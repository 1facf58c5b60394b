import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ApiError, ask } from '../../api/client.ts';
import type { DryRun } from '../../api/types.ts';
import { Card, Notice } from '../../components/basics.tsx';
import { FaultLine, faultText } from '../../components/fault.tsx';
import { formatCount, formatTime } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import type { Definition } from './draft.ts';

const PATH = '/api/v1/automations/dry-run';
/** How many of what would have been sent are shown; the number says how many there are. */
const MAX_SHOWN = 50;

/** Asks what these would have sent; undefined: all that there are. Rejects with an ApiError. */
export function tryOut(definitions: readonly Definition[] | undefined): Promise<DryRun> {
  return ask<DryRun>('POST', PATH, definitions === undefined ? {} : { automations: definitions });
}

/** A button that tries all automations on the last hour. */
export function DryRunCard(): JSX.Element {
  const [answer, setAnswer] = useState<DryRun>();
  const [fault, setFault] = useState('');
  const act = async (): Promise<void> => {
    try {
      setAnswer(await tryOut(undefined));
      setFault('');
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      setFault(faultText(error));
    }
  };
  return (
    <Card title={t.automations.lastHour} isWide>
      <p class="hint">{t.automations.lastHourText}</p>
      <div class="buttons">
        <button type="button" onClick={() => void act()}>
          {t.automations.try}
        </button>
      </div>
      <FaultLine text={fault} />
      {answer && <TriedOut of={answer} />}
    </Card>
  );
}

/** What would have been sent, and what would have gone wrong. */
export function TriedOut({ of: { firings, hasMore, messages, automations } }: { of: DryRun }): JSX.Element {
  const shown = firings.slice(-MAX_SHOWN);
  const sent = automations.reduce((sum, { fired }) => sum + fired, 0);
  const sinceMs = Math.max(...automations.map(({ heardSinceMs }) => heardSinceMs));
  return (
    <div role="status">
      <p>{t.automations.wouldHave(formatCount(sent), formatCount(messages), formatTime(sinceMs))}</p>
      {automations.map(({ name, loop, faults }) => (
        <div key={name}>
          {loop !== null && <Notice tone="warning">{t.automations.wouldStop(name, loop.join(' > '))}</Notice>}
          {faults.map((fault) => (
            <Notice key={fault} tone="warning" lang="en">
              {name}: {fault}
            </Notice>
          ))}
        </div>
      ))}
      {shown.length > 0 && (
        <ul class="names">
          {shown.map(({ atMs, automation, channel, body }, index) => (
            // The same may be sent twice within a millisecond.
            <li key={`${atMs} ${index}`}>
              {formatTime(atMs)} {automation}: <code>{channel}</code> {body}
            </li>
          ))}
        </ul>
      )}
      {(hasMore || shown.length < firings.length) && <p class="quiet">{t.automations.notAll}</p>}
    </div>
  );
}
