import type { JSX } from 'preact';
import type { Query } from '../../api/client.ts';
import { Empty } from '../../components/basics.tsx';
import { Fault } from '../../components/fault.tsx';
import { formatCount } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { MessageList } from './message-list.tsx';
import { type OnMessages, useMessages } from './use-messages.ts';

const SHOWN = 100;

/** The newest messages of a client or a channel, as they come. */
export function LiveMessages({
  filter,
  empty,
  onMessages,
}: {
  filter: Query;
  /** What to say while there are none. */
  empty: string;
  onMessages?: OnMessages;
}): JSX.Element {
  const { messages, leftOut, error } = useMessages(filter, SHOWN, onMessages);
  return (
    <>
      {error && <Fault error={error} />}
      {messages.length === 0 ? <Empty title={empty} /> : <MessageList messages={messages} label={t.client.messages} />}
      {leftOut > 0 && <p class="hint">{t.common.leftOut(formatCount(leftOut))}</p>}
    </>
  );
}
