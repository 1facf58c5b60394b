import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { get, part, withQuery } from '../../api/client.ts';
import type { Backups } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Badge, Card, Empty, Notice } from '../../components/basics.tsx';
import { Copyable } from '../../components/copyable.tsx';
import { Fault } from '../../components/fault.tsx';
import { Icon } from '../../components/icon.tsx';
import { Page } from '../../components/page.tsx';
import { formatBytes, formatCount, formatDateTime } from '../../language/format.ts';
import { t } from '../../language/language.ts';

const RELOAD_MS = 10_000;
/** What the page suggests, as it is written into the configuration. */
const DAILY_SETTING = 'backup: { keep: 7 }';
const FILE = 'crosscomm.tar';

/** Backups: to make one now, those of each day, and how one is restored. */
export function BackupPage(): JSX.Element {
  const load = (): Promise<Backups> => get('/api/v1/backups');
  const { answer, error } = useAnswer('backups', load, RELOAD_MS);
  return (
    <Page title={t.pages.backup}>
      <p class="lead">{t.backup.intro}</p>
      <div class="columns">
        <Download />
        <Card title={t.backup.daily}>
          {error && !error.isUnreachable ? <Fault error={error} /> : answer && <Daily backups={answer} />}
        </Card>
      </div>
      <div class="below">
        <Restore />
      </div>
    </Page>
  );
}

function Download(): JSX.Element {
  const [withObjects, setWithObjects] = useState(false);
  const address = withQuery('/api/v1/backup', { objects: withObjects });
  return (
    <Card title={t.backup.now}>
      <p>{t.backup.nowHint}</p>
      <label class="check">
        <input
          type="checkbox"
          checked={withObjects}
          onChange={({ currentTarget }) => setWithObjects(currentTarget.checked)}
        />
        {t.backup.withObjects}
      </label>
      <p>
        <a class="button" href={address} download>
          <Icon name="download" />
          {t.backup.download}
        </a>
      </p>
      <Notice tone="warning">{t.backup.keys}</Notice>
    </Card>
  );
}

function Daily({ backups: { daily, kept } }: { backups: Backups }): JSX.Element {
  const last = kept.find(({ isDaily }) => isDaily);
  return (
    <>
      {daily === null ? (
        <>
          <p>{t.backup.off}</p>
          <Copyable text={DAILY_SETTING} isBlock />
        </>
      ) : (
        <>
          <p>{t.backup.on(formatCount(daily.keep), daily.at)}</p>
          {daily.fault !== null && (
            <Notice tone="bad" title={t.backup.failed}>
              <p>{daily.fault}</p>
            </Notice>
          )}
          {last && daily.fault === null && <Notice tone="good">{t.backup.last(timeOf(last))}</Notice>}
          {!last && daily.fault === null && <p class="quiet">{t.backup.first}</p>}
        </>
      )}
      {kept.length === 0 ? (
        <Empty title={t.backup.none} />
      ) : (
        <ul class="names">
          {kept.map((backup) => (
            <li key={backup.name}>
              <a href={`/api/v1/backups/${part(backup.name)}`} download={backup.name}>
                {backup.name}
              </a>{' '}
              <span class="quiet">
                {timeOf(backup)}, {formatBytes(backup.bytes)}
              </span>{' '}
              {!backup.isDaily && <Badge>{t.backup.beforeUpdate}</Badge>}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Restore(): JSX.Element {
  return (
    <Card title={t.backup.restore} isWide>
      <ol>
        <li>{t.backup.stop}</li>
        <li>
          {t.backup.run} <Copyable text={`crosscomm restore ${FILE}`} isBlock />
        </li>
        <li>{t.backup.start}</li>
      </ol>
      <p>{t.backup.kept}</p>
      <p>
        {t.backup.check} <Copyable text={`crosscomm restore --check ${FILE}`} isBlock />
      </p>
      <p class="hint">{t.backup.clone}</p>
    </Card>
  );
}

function timeOf({ createdMs }: Backups['kept'][number]): string {
  return createdMs === null ? t.backup.noTime : formatDateTime(createdMs);
}
