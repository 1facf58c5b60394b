import type { JSX } from 'preact';
import { overview } from '../../api/overview.ts';
import { session } from '../../api/session.ts';
import { useStore } from '../../common/store.ts';
import { Card, Notice } from '../../components/basics.tsx';
import { Copyable } from '../../components/copyable.tsx';
import { Page } from '../../components/page.tsx';
import { t } from '../../language/language.ts';
import { listenerIn } from './addresses.ts';
import { samplesFor } from './samples.ts';
import { Ways } from './ways.tsx';

/** How to connect, with lines to copy that are right for this gateway. */
export function ConnectPage(): JSX.Element {
  const listeners = useStore(overview)?.listeners ?? {};
  const who = useStore(session);
  const host = location.hostname;
  const isLocal = host === 'localhost' || host.startsWith('127.');
  const account = (who.is === 'in' && who.account) || undefined;
  const samples = samplesFor({
    ...{ host, origin: location.origin, account },
    mqttPort: listenerIn(listeners, 'mqtt')?.port,
    oocsiPort: listenerIn(listeners, 'oocsi')?.port,
  });
  return (
    <Page title={t.pages.connect}>
      <p class="lead">{t.connect.intro}</p>
      {isLocal && <Notice tone="info">{t.connect.loopback}</Notice>}
      {account !== undefined && <Notice tone="info">{t.connect.tryAccount}</Notice>}
      {location.protocol === 'https:' && (
        <Notice tone="info">
          {t.connect.tryTls} <a href="/ca.crt">ca.crt</a>
        </Notice>
      )}
      <div class="columns">
        <Card title={t.overview.howTo}>
          <Ways />
        </Card>
        <Card title={t.connect.try}>
          <dl class="ways">
            <Try title={t.connect.tryMqtt} lines={samples.mqtt} />
            <Try title={t.connect.tryHttp} lines={samples.http} />
            <Try title={t.connect.tryPython} lines={samples.python} />
            <Try title={t.connect.tryPage} lines={samples.page} />
          </dl>
        </Card>
      </div>
    </Page>
  );
}

/** Lines to copy; nothing where there are none. */
function Try({ title, lines }: { title: string; lines: readonly string[] | undefined }): JSX.Element | null {
  if (lines === undefined) return null;
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        {lines.map((line) => (
          <Copyable key={line} text={line} isBlock />
        ))}
      </dd>
    </div>
  );
}
