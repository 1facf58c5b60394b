import type { JSX } from 'preact';
import { overview } from '../../api/overview.ts';
import { session } from '../../api/session.ts';
import { useStore } from '../../common/store.ts';
import { Card, Notice } from '../../components/basics.tsx';
import { Copyable } from '../../components/copyable.tsx';
import { Page } from '../../components/page.tsx';
import { t } from '../../language/language.ts';
import { listenerIn } from './addresses.ts';
import { Ways } from './ways.tsx';

/** How to connect, with lines to copy that are right for this gateway. */
export function ConnectPage(): JSX.Element {
  const listeners = useStore(overview)?.listeners ?? {};
  const mqtt = listenerIn(listeners, 'mqtt');
  const oocsi = listenerIn(listeners, 'oocsi');
  const who = useStore(session);
  const host = location.hostname;
  const isLocal = host === 'localhost' || host.startsWith('127.');
  return (
    <Page title={t.pages.connect}>
      <p class="lead">{t.connect.intro}</p>
      {isLocal && <Notice tone="info">{t.connect.loopback}</Notice>}
      {who.is === 'in' && who.account !== null && <Notice tone="info">{t.connect.tryAccount}</Notice>}
      <div class="columns">
        <Card title={t.overview.howTo}>
          <Ways />
        </Card>
        <Card title={t.connect.try}>
          <dl class="ways">
            {mqtt && (
              <Try
                title={t.connect.tryMqtt}
                lines={[
                  `mosquitto_sub -h ${host} -p ${mqtt.port} -t '#' -v`,
                  `mosquitto_pub -h ${host} -p ${mqtt.port} -t lamp -m '{"led": 1}'`,
                ]}
              />
            )}
            <Try
              title={t.connect.tryHttp}
              lines={[
                `curl -d '{"sender": "shell", "led": 1}' ${location.origin}/send/lamp`,
                `curl -N ${location.origin}/subscribe/lamp`,
              ]}
            />
            {oocsi && (
              <Try
                title={t.connect.tryPython}
                lines={[
                  'pip install oocsi',
                  [
                    'from oocsi import OOCSI',
                    '',
                    `oocsi = OOCSI("first-####", "${host}"${oocsi.port === 4444 ? '' : `, ${oocsi.port}`})`,
                    'oocsi.subscribe("lamp", lambda sender, channel, data: print(sender, data))',
                    'oocsi.send("lamp", {"led": 1})',
                  ].join('\n'),
                ]}
              />
            )}
            <Try title={t.connect.tryPage} lines={[`npm install ${location.origin}/crosscomm-client.tgz`]} />
          </dl>
        </Card>
      </div>
    </Page>
  );
}

function Try({ title, lines }: { title: string; lines: readonly string[] }): JSX.Element {
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
