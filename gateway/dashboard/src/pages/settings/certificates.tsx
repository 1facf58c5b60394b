import type { JSX } from 'preact';
import { ask, get } from '../../api/client.ts';
import type { Tls } from '../../api/types.ts';
import type { Asked } from '../../api/use-answer.ts';
import { Badge, Card, Facts } from '../../components/basics.tsx';
import { ConfirmButton } from '../../components/confirm.tsx';
import { Copyable } from '../../components/copyable.tsx';
import { Fault } from '../../components/fault.tsx';
import { FindingNotice } from '../../components/finding.tsx';
import { Icon } from '../../components/icon.tsx';
import { formatDateTime } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { asYaml, shownFingerprint } from './settings.ts';

const TLS = '/api/v1/tls';

export function loadTls(): Promise<Tls> {
  return get<Tls>(TLS);
}

/** The certificates for TLS: for which names, until when; renews them, and gives out what clients must trust. */
export function CertificatesCard({ of: { answer, error, reload } }: { of: Asked<Tls> }): JSX.Element {
  return (
    <Card title={t.tls.title}>
      {error && !error.isUnreachable && <Fault error={error} />}
      {answer && <Content tls={answer} onChange={reload} />}
    </Card>
  );
}

function Content({ tls, onChange }: { tls: Tls; onChange: () => Promise<unknown> }): JSX.Element {
  const { mode, certificate, authority, trustedFingerprint, listeners, problems } = tls;
  const renew = async (body: { authority: boolean }): Promise<void> => {
    await ask('POST', `${TLS}/renew`, body);
    await onChange();
  };
  return (
    <>
      {mode === 'off' && (
        <>
          <p>{t.tls.off}</p>
          <Copyable text={asYaml({ key: 'tls.auto', value: true })} isBlock />
        </>
      )}
      {mode === 'files' && <p class="hint">{t.tls.ofFiles}</p>}
      {problems.map((problem) => (
        <FindingNotice key={problem.code} of={problem} />
      ))}
      <Facts
        of={[
          [t.tls.names, certificate?.names.join(', ')],
          [t.tls.until, certificate ? formatDateTime(certificate.validToMs) : undefined],
          [t.tls.authorityUntil, authority ? formatDateTime(authority.validToMs) : undefined],
          [
            t.tls.fingerprint,
            trustedFingerprint === null ? undefined : <code>{shownFingerprint(trustedFingerprint)}</code>,
          ],
          [t.tls.listeners, listeners.length === 0 ? undefined : <ListenerBadges of={listeners} />],
        ]}
      />
      <div class="buttons">
        {trustedFingerprint !== null && (
          <a class="button" href={`${TLS}/authority`} download="ca.crt">
            <Icon name="download" />
            {t.tls.download}
          </a>
        )}
        {mode === 'auto' && (
          <ConfirmButton
            label={t.tls.renew}
            title={t.tls.renewTitle}
            text={t.tls.renewText}
            isDanger={false}
            act={() => renew({ authority: false })}
          />
        )}
        {authority !== null && mode !== 'off' && (
          <ConfirmButton
            label={t.tls.renewAuthority}
            title={t.tls.renewAuthorityTitle}
            text={mode === 'auto' ? t.tls.renewAuthorityText : t.tls.renewClientAuthorityText}
            act={() => renew({ authority: true })}
          />
        )}
      </div>
      {trustedFingerprint !== null && <p class="hint">{t.tls.downloadHint}</p>}
    </>
  );
}

function ListenerBadges({ of }: { of: Tls['listeners'] }): JSX.Element {
  return (
    <>
      {of.map(({ listener, port, tls }) => (
        <span key={listener}>
          <Badge tone={tls === 'required' ? 'accent' : 'plain'}>{`${listener} ${port}`}</Badge>{' '}
        </span>
      ))}
    </>
  );
}
