import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { get } from '../../api/client.ts';
import { overview } from '../../api/overview.ts';
import type { Diagnosis, Finding } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useStore } from '../../common/store.ts';
import { Card } from '../../components/basics.tsx';
import { Fault } from '../../components/fault.tsx';
import { FindingNotice } from '../../components/finding.tsx';
import { Icon } from '../../components/icon.tsx';
import { Page } from '../../components/page.tsx';
import { formatClock } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { saidOfFinding } from '../../language/said.ts';
import { Refused } from '../overview/refused.tsx';
import { Counters } from './counters.tsx';

/** What is well with the gateway and its machine and what is not, and all that it counts; for whoever may operate it. */
export function DiagnosisPage(): JSX.Element {
  const { answer, error, reload } = useAnswer('diagnosis', () => get<Diagnosis>('/api/v1/diagnosis'));
  const now = useStore(overview);
  const [isBusy, setBusy] = useState(false);
  const again = async (): Promise<void> => {
    setBusy(true);
    await reload();
    setBusy(false);
  };
  const findings = answer?.findings ?? [];
  const isWell = (level: string): boolean => level === 'ok';
  return (
    <Page
      title={t.pages.diagnosis}
      actions={
        <button type="button" disabled={isBusy} onClick={() => void again()}>
          {t.diagnosis.again}
        </button>
      }
    >
      {error && !error.isUnreachable && <Fault error={error} />}
      {!answer && !error && <p class="quiet">{t.common.loading}</p>}
      {answer && (
        <>
          <p class="lead" role="status">
            {t.diagnosis.looked(formatClock(answer.timeMs))}
          </p>
          <section class="stack findings" aria-label={t.diagnosis.attention}>
            {findings.every(({ level }) => isWell(level)) && <p>{t.overview.well}</p>}
            {findings
              .filter(({ level }) => !isWell(level))
              .map((finding) => (
                <FindingNotice key={finding.code + finding.sentence} of={finding} />
              ))}
          </section>
        </>
      )}
      <div class="columns halves">
        {answer && (
          <Card title={t.diagnosis.well}>
            <ul class="names well">
              {findings
                .filter(({ level }) => isWell(level))
                .map((finding) => (
                  <Well key={finding.code + finding.sentence} of={finding} />
                ))}
            </ul>
          </Card>
        )}
        <Card title={t.overview.refused}>{now && <Refused of={now.incidents} />}</Card>
        <Card title={t.diagnosis.counters} isWide>
          <Counters />
        </Card>
      </div>
    </Page>
  );
}

/** Something that is as it should be. */
function Well({ of }: { of: Finding }): JSX.Element {
  const { sentence, lang } = saidOfFinding(of);
  return (
    <li lang={lang}>
      <Icon name="check" />
      <span>{sentence}</span>
    </li>
  );
}
