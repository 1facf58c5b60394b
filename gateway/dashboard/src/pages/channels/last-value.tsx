import type { JSX } from 'preact';
import type { MessageView } from '../../api/types.ts';
import { useGatewayNow } from '../../common/gateway-clock.ts';
import { Facts } from '../../components/basics.tsx';
import { formatBytes, formatDuration } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { fieldsOf } from './numbers.ts';
import { isOwn } from './own-url.ts';

/** More of a single value is no value to read at a glance. */
const SHORT = 40;

/** What was said last, so that it is read at a glance. */
export function LastValue({ message }: { message: MessageView }): JSX.Element {
  const now = useGatewayNow();
  return (
    <div class="last-value">
      <Content message={message} />
      <p class="hint">{t.channels.lastFrom(message.from, formatDuration(now - message.timestampMs))}</p>
    </div>
  );
}

function Content({ message }: { message: MessageView }): JSX.Element {
  const { body, kind, from, size, objectUrl } = message;
  if (kind === 'image' && objectUrl !== undefined && isOwn(objectUrl)) {
    return <img src={objectUrl} alt={t.channels.image(from)} />;
  }
  const fields = fieldsOf(message);
  if (fields) return <Facts of={Object.entries(fields).map(([name, value]) => [name, shown(value)])} />;
  if (body === undefined) return <p>{`${t.message.kinds[kind] ?? kind}, ${formatBytes(size)}`}</p>;
  return body.length <= SHORT ? <p class="big">{body}</p> : <pre>{body}</pre>;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
