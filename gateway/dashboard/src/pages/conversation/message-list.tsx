import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { hrefOf } from '../../common/route.ts';
import { Badge, Facts } from '../../components/basics.tsx';
import { formatBytes, formatCount, formatDateTime, formatTime } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { laidOut } from './laid-out.ts';
import type { LoggedMessage } from './message-log.ts';
import { reasonText } from './reasons.ts';

/** How near to the end counts as there, in pixels. */
const NEAR_PX = 40;

/** Messages in the order in which they came. As long as the last one is in sight, the newest ones stay so. */
export function MessageList({ messages, label }: { messages: readonly LoggedMessage[]; label: string }): JSX.Element {
  const list = useRef<HTMLOListElement>(null);
  const isAtEnd = useRef(true);
  const [open, setOpen] = useState<number>();
  useEffect(() => {
    const element = list.current;
    if (!element) return undefined;
    const look = (): void => {
      isAtEnd.current = element.scrollTop + element.clientHeight >= element.scrollHeight - NEAR_PX;
    };
    element.addEventListener('scroll', look, { passive: true });
    return () => element.removeEventListener('scroll', look);
  }, []);
  const last = messages.at(-1)?.number;
  // It is for each new message.
  useLayoutEffect(() => {
    if (isAtEnd.current && list.current) list.current.scrollTop = list.current.scrollHeight;
  }, [last]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <ol class="log" ref={list} tabIndex={0} aria-label={label}>
      {messages.map((message) => (
        <Entry
          key={message.number}
          message={message}
          isOpen={open === message.number}
          onToggle={() => setOpen(open === message.number ? undefined : message.number)}
        />
      ))}
    </ol>
  );
}

interface EntryProps {
  message: LoggedMessage;
  isOpen: boolean;
  onToggle: () => void;
}

function Entry({ message, isOpen, onToggle }: EntryProps): JSX.Element {
  const { timestampMs, from, to, kind, refused, delivered } = message;
  return (
    <li>
      <button type="button" class="entry" aria-expanded={isOpen} onClick={onToggle}>
        <time dateTime={new Date(timestampMs).toISOString()}>{formatTime(timestampMs)}</time>
        <span class="who">
          <span class="from">{from}</span>
          <span aria-hidden="true"> → </span>
          <span class="unseen"> {t.message.to} </span>
          <span class="to">{to}</span>
        </span>
        <span class="body">{previewOf(message)}</span>
        {kind !== 'text' && kind !== 'dict' && <Badge>{t.message.kinds[kind] ?? kind}</Badge>}
        {refused > 0 && <Badge tone="bad">{t.message.refused}</Badge>}
        {delivered === 0 && refused === 0 && <Badge>{t.message.nobody}</Badge>}
      </button>
      {isOpen && <Details message={message} />}
    </li>
  );
}

/** More would only be cut off at the edge. */
const PREVIEW_LENGTH = 300;

function previewOf({ body, size }: LoggedMessage): string {
  return body === undefined ? formatBytes(size) : body.slice(0, PREVIEW_LENGTH);
}

/** All that is known of a message. */
function Details({ message }: { message: LoggedMessage }): JSX.Element {
  const { timestampMs, from, to, kind, size, delivered, refused, reason, body, isCut, objectUrl } = message;
  return (
    <div class="details">
      <Facts
        of={[
          [t.message.time, formatDateTime(timestampMs)],
          [
            t.message.from,
            <a key="from" href={hrefOf('clients', from)}>
              {from}
            </a>,
          ],
          [
            t.message.to,
            <a key="to" href={hrefOf('channels', to)}>
              {to}
            </a>,
          ],
          [t.message.kind, t.message.kinds[kind] ?? kind],
          [t.message.size, formatBytes(size)],
          [t.message.delivered, formatCount(delivered)],
          [t.message.refused, refused === 0 ? undefined : formatCount(refused)],
          [t.message.reason, reason === undefined ? undefined : reasonText(reason)],
        ]}
      />
      {body === undefined ? <p class="quiet">{t.message.noBody}</p> : <pre>{isCut ? body : laidOut(body)}</pre>}
      {isCut && <p class="hint">{t.message.cut}</p>}
      {objectUrl !== undefined && (
        <a href={objectUrl} target="_blank" rel="noreferrer">
          {t.message.object}
        </a>
      )}
    </div>
  );
}
