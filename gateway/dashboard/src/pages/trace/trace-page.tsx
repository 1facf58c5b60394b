import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { TracedMessage } from '../../api/types.ts';
import { go } from '../../common/navigator.ts';
import { hrefOf, type PageProps } from '../../common/route.ts';
import { Badge, Empty, Notice, type Tone } from '../../components/basics.tsx';
import { Fault } from '../../components/fault.tsx';
import { Choice, SearchField } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { formatCount, formatDateTime, formatTime } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { saidOfMessage } from '../../language/said.ts';
import { useTrace } from './use-trace.ts';

/** Why a message did not arrive: what became of each of the last ones about a client or a channel, in sentences. */
export function TracePage({ name = '' }: PageProps): JSX.Element {
  const [typed, setTyped] = useState(name);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    go(hrefOf('trace', typed.trim() === '' ? undefined : typed.trim()));
  };
  return (
    <Page title={t.trace.title}>
      <p class="lead">{t.trace.intro}</p>
      <form class="tools" onSubmit={submit}>
        <SearchField label={t.trace.about} value={typed} onValue={setTyped} />
        <button type="submit" class="primary">
          {t.trace.look}
        </button>
      </form>
      <Traced key={name} about={name} />
    </Page>
  );
}

function Traced({ about }: { about: string }): JSX.Element {
  // Of everything, what went well would hide what is looked for.
  const [isFailedOnly, setFailedOnly] = useState(about === '');
  const { answer, error } = useTrace(about);
  if (error && !error.isUnreachable) return <Fault error={error} />;
  if (!answer) return <p class="quiet">{t.common.loading}</p>;
  const newest = answer.messages.filter(({ isFailed }) => isFailed || !isFailedOnly).reverse();
  const since = formatDateTime(answer.sinceMs);
  return (
    <>
      <div class="tools">
        <Choice
          label={t.trace.which}
          value={isFailedOnly ? 'failed' : 'all'}
          of={[
            ['all', t.trace.all],
            ['failed', t.trace.failed],
          ]}
          onValue={(value) => setFailedOnly(value === 'failed')}
        />
      </div>
      {answer.leftOut > 0 && <Notice tone="info">{t.trace.leftOut(formatCount(answer.leftOut))}</Notice>}
      {newest.length === 0 ? (
        <div class="card">
          <Empty title={about === '' ? t.trace.noneAtAll(since) : t.trace.none(about, since)} />
        </div>
      ) : (
        <ol class="traces">
          {newest.map((message) => (
            <Entry key={message.seq} message={message} />
          ))}
        </ol>
      )}
    </>
  );
}

function Entry({ message }: { message: TracedMessage }): JSX.Element {
  const { timestampMs, from, to, protocol, recipients, isFailed, delivered } = message;
  const { sentence, lang } = saidOfMessage(message);
  const tone: Tone = isFailed ? 'bad' : delivered > 0 ? 'good' : 'plain';
  return (
    <li class={`card ${tone}`}>
      <p>
        <time dateTime={new Date(timestampMs).toISOString()} title={formatDateTime(timestampMs)}>
          {formatTime(timestampMs)}
        </time>{' '}
        <a href={hrefOf('clients', from)}>{from}</a> → <a href={hrefOf('channels', to)}>{to}</a>{' '}
        {protocol !== undefined && <Badge>{protocol}</Badge>}
      </p>
      <p class="sentence" lang={lang}>
        {sentence}
      </p>
      {recipients.length > 0 && (
        <details>
          <summary>{t.trace.recipients(formatCount(recipients.length))}</summary>
          <ul class="names">
            {recipients.map(({ id, outcome }) => (
              <li key={id}>
                <a href={hrefOf('clients', id)}>{id}</a> <Badge>{t.trace.outcomes[outcome] ?? outcome}</Badge>
              </li>
            ))}
          </ul>
        </details>
      )}
    </li>
  );
}
