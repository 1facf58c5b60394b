import type { JSX } from 'preact';
import { loadGuides } from '../../api/guides.ts';
import { overview } from '../../api/overview.ts';
import type { Guide, Overview } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { useStore } from '../../common/store.ts';
import { Badge } from '../../components/basics.tsx';
import { Copyable } from '../../components/copyable.tsx';
import { Fault } from '../../components/fault.tsx';
import { t } from '../../language/language.ts';
import { addressesOf, listenerIn } from './addresses.ts';

/** Each way to connect, with its addresses. */
export function Ways(): JSX.Element {
  const listeners = useStore(overview)?.listeners ?? {};
  const pages = listenerIn(listeners, 'pages');
  const { answer: guides, error } = useAnswer('guides', loadGuides);
  if (error) return <Fault error={error} />;
  return (
    <dl class="ways">
      {(guides ?? []).map((guide) => (
        <WayEntry key={guide.label} guide={guide} listeners={listeners} />
      ))}
      <div>
        <dt>{t.connect.webPages}</dt>
        <dd>
          <Copyable text={`import { connect } from '${location.origin}/client.js'`} />
          <span class="links">
            <a href="/examples/">{t.connect.examples}</a>
            {pages && <a href={`${location.protocol}//${location.hostname}:${pages.port}`}>{t.connect.ownPages}</a>}
          </span>
        </dd>
      </div>
      <div>
        <dt>{t.connect.http}</dt>
        <dd>
          <code>POST /send/CHANNEL</code> <code>{'{"sender": "me", ...}'}</code>
          <br />
          <code>GET /subscribe/CHANNEL</code> <code>GET /channels</code> <code>GET /SERVICE/CALL</code>{' '}
          <a href="/status">/status</a>
        </dd>
      </div>
      <div>
        <dt>{t.connect.httpFiles}</dt>
        <dd>
          <code>PUT /objects/NAME</code> <code>GET /api/v1/objects</code>
        </dd>
      </div>
    </dl>
  );
}

function WayEntry({ guide, listeners }: { guide: Guide; listeners: Overview['listeners'] }): JSX.Element | null {
  const addresses = addressesOf(guide, listeners, location);
  if (guide.text === undefined && addresses.length === 0) return null;
  return (
    <div>
      <dt>{translated(guide.title)}</dt>
      <dd>
        {guide.text !== undefined && translated(guide.text)}
        <ul class="plain">
          {addresses.map(({ text, who, isTlsOnly }, index) => (
            <li key={text}>
              <Copyable text={text} />
              {isTlsOnly && <Badge tone="warning">{t.connect.tlsOnly}</Badge>}
              {index > 0 && <span class="quiet">{translated(who)}</span>}
            </li>
          ))}
        </ul>
      </dd>
    </div>
  );
}

/** The gateway's own words in the language of the page, where that has some. */
function translated(text: string): string {
  return t.guides[text] ?? text;
}
