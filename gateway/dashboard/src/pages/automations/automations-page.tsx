import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { ask, get, part } from '../../api/client.ts';
import type { Automation } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useGatewayNow } from '../../common/gateway-clock.ts';
import { Badge, Card, Empty, Facts } from '../../components/basics.tsx';
import { ConfirmButton, Dialog } from '../../components/confirm.tsx';
import { Fault } from '../../components/fault.tsx';
import { Page } from '../../components/page.tsx';
import { formatCount, formatDuration } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { AutomationForm } from './automation-form.tsx';
import { DryRunCard } from './dry-run.tsx';

const PATH = '/api/v1/automations';
const RELOAD_MS = 3_000;

/** What the gateway sends by itself, what came of it, and a form for more. */
export function AutomationsPage(): JSX.Element {
  const { answer, error, reload } = useAnswer(PATH, () => get<Automation[]>(PATH), RELOAD_MS);
  const [edited, setEdited] = useState<Automation | 'new'>();
  const close = (): void => setEdited(undefined);
  return (
    <Page
      title={t.pages.automations}
      actions={
        <button type="button" onClick={() => setEdited('new')}>
          {t.automations.add}
        </button>
      }
    >
      <p class="lead">{t.automations.intro}</p>
      {error && !error.isUnreachable && <Fault error={error} />}
      {answer && answer.length === 0 && (
        <Card>
          <Empty title={t.automations.none} />
        </Card>
      )}
      <div class="columns">
        {answer?.map((each) => (
          <AutomationCard key={each.name} of={each} onEdit={() => setEdited(each)} onRemoved={reload} />
        ))}
      </div>
      {answer && answer.length > 0 && <DryRunCard />}
      {edited !== undefined && (
        <Dialog title={edited === 'new' ? t.automations.add : edited.name} onClose={close}>
          <AutomationForm
            before={edited === 'new' ? undefined : edited.automation}
            onCancel={close}
            onSaved={async () => {
              close();
              await reload();
            }}
          />
        </Dialog>
      )}
    </Page>
  );
}

function AutomationCard({
  of: automation,
  onEdit,
  onRemoved,
}: {
  of: Automation;
  onEdit: () => void;
  onRemoved: () => Promise<unknown>;
}): JSX.Element {
  const now = useGatewayNow();
  const {
    name,
    when,
    if: condition,
    sendsTo,
    fired,
    heldBack,
    failed,
    lastFiredMs,
    loop,
    account,
    source,
  } = automation;
  const remove = async (): Promise<void> => {
    await ask('DELETE', `${PATH}/${part(name)}`);
    await onRemoved();
  };
  return (
    <Card title={name}>
      <p>
        {loop === null ? (
          <Badge tone="good">{t.automations.runs}</Badge>
        ) : (
          <Badge tone="bad">{t.automations.stopped(loop.join(' > '))}</Badge>
        )}
      </p>
      <Facts
        of={[
          [t.automations.when, <code key="when">{when}</code>],
          [t.automations.if, condition === null ? '' : <code key="if">{condition}</code>],
          [t.automations.sendsTo, <code key="to">{sendsTo.join(', ')}</code>],
          [t.automations.account, account ?? ''],
          [t.automations.fired, formatCount(fired)],
          [t.automations.last, lastFiredMs === null ? '' : t.overview.ago(formatDuration(now - lastFiredMs))],
          [t.automations.heldBack, heldBack === 0 ? '' : formatCount(heldBack)],
          [t.automations.failed, failed === 0 ? '' : formatCount(failed)],
        ]}
      />
      {source === 'configuration' ? (
        <p class="hint">{t.automations.configured}</p>
      ) : (
        <div class="buttons">
          <button type="button" onClick={onEdit}>
            {t.automations.change}
          </button>
          <ConfirmButton
            label={t.automations.remove}
            title={t.automations.removeTitle(name)}
            text={t.automations.removeText}
            act={remove}
          />
        </div>
      )}
    </Card>
  );
}
