import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { get } from '../../api/client.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Badge, Card, Empty, Notice, type Tone } from '../../components/basics.tsx';
import { Copyable } from '../../components/copyable.tsx';
import { Fault } from '../../components/fault.tsx';
import { Choice, SearchField } from '../../components/field.tsx';
import { Page } from '../../components/page.tsx';
import { t } from '../../language/language.ts';
import { CertificatesCard, loadTls } from './certificates.tsx';
import { asYaml, bySection, fileOf, type Setting, shownValue, type Variable } from './settings.ts';
import { useHelp } from './use-help.ts';

const TONES: Readonly<Record<string, Tone>> = { file: 'accent', flag: 'warning' };

/** How the gateway is configured, where each value comes from, and how to change it; for whoever may operate it. */
export function SettingsPage(): JSX.Element {
  const load = (): Promise<{ values: Setting[]; environment: Variable[] }> => get('/api/v1/config');
  const { answer: config, error } = useAnswer('config', load);
  const tls = useAnswer('tls', loadTls);
  // Both at once, so that nothing moves away from whoever is about to press it.
  const answer = tls.answer || tls.error ? config : undefined;
  const helpOf = useHelp();
  const [search, setSearch] = useState('');
  const [isSetOnly, setSetOnly] = useState(false);
  const wanted = search.trim().toLowerCase();
  const found = (answer?.values ?? []).filter(
    ({ key, help = '', source }) =>
      (!isSetOnly || source !== 'default') &&
      [key, help, helpOf[key] ?? ''].some((text) => text.toLowerCase().includes(wanted)),
  );
  const sections = bySection(found);
  const file = answer && fileOf(answer.values);
  return (
    <Page title={t.pages.settings}>
      {error && !error.isUnreachable && <Fault error={error} />}
      {answer && <Notice tone="info">{file === undefined ? t.settings.howNoFile : t.settings.how(file)}</Notice>}
      {answer && <CertificatesCard of={tls} />}
      <div class="tools below">
        <SearchField label={t.settings.search} value={search} onValue={setSearch} />
        <Choice
          label={t.settings.which}
          value={isSetOnly ? 'set' : 'all'}
          of={[
            ['all', t.settings.all],
            ['set', t.settings.setOnly],
          ]}
          onValue={(value) => setSetOnly(value === 'set')}
        />
      </div>
      {answer && found.length === 0 && <Empty title={t.settings.noneFound} />}
      <div class="stack">
        {[...sections].map(([section, settings]) => (
          <Card key={section} title={section}>
            <ul class="names settings">
              {settings.map((setting) => (
                <Line key={setting.key} setting={setting} ownHelp={helpOf[setting.key]} />
              ))}
            </ul>
          </Card>
        ))}
        {answer && (
          <Card title={t.settings.environment}>
            <p class="hint">{t.settings.environmentHint}</p>
            <ul class="names">
              {answer.environment.map(({ name, isSet }) => (
                <li key={name}>
                  <code>{name}</code>{' '}
                  <Badge tone={isSet ? 'accent' : 'plain'}>{isSet ? t.settings.isSet : t.settings.isUnset}</Badge>
                </li>
              ))}
            </ul>
          </Card>
        )}
      </div>
    </Page>
  );
}

function Line({ setting, ownHelp }: { setting: Setting; ownHelp: string | undefined }): JSX.Element {
  const { key, value, source, where, help } = setting;
  const text = shownValue(value);
  return (
    <li>
      <details>
        <summary>
          <code class="key">{key}</code> <span class="value">{text === '' ? t.settings.nothing : text}</span>{' '}
          <Badge tone={TONES[source] ?? 'plain'}>{where ?? t.settings.sources[source] ?? source}</Badge>
        </summary>
        {ownHelp !== undefined && <p>{ownHelp}</p>}
        {ownHelp === undefined && help !== undefined && <p lang="en">{help}</p>}
        <p class="hint">{source === 'flag' ? t.settings.flagWins(where ?? '') : t.settings.write}</p>
        <Copyable text={asYaml(setting)} isBlock />
      </details>
    </li>
  );
}
