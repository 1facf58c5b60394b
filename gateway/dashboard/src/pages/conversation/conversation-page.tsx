import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { PageProps } from '../../common/route.ts';
import { saveFile } from '../../common/save-file.ts';
import { Empty, Notice } from '../../components/basics.tsx';
import { Fault } from '../../components/fault.tsx';
import { Choice, SearchField } from '../../components/field.tsx';
import { Icon } from '../../components/icon.tsx';
import { Page } from '../../components/page.tsx';
import { formatCount } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { MessageList } from './message-list.tsx';
import { type LoggedMessage, toJsonLines } from './message-log.ts';
import { useMessages } from './use-messages.ts';

/** How many messages the page keeps, and shows; some 2 MB where they are long. */
const KEPT = 500;
/** The gateway is not asked for other messages at each letter. */
const TYPING_MS = 400;
const KINDS = ['text', 'json', 'dict', 'bytes', 'file', 'image', 'folder'] as const;

interface Filter {
  channel: string;
  client: string;
  kind: string;
  text: string;
}

/** Everything that is said, as it is said. */
export function ConversationPage({ query }: PageProps): JSX.Element {
  // Opened with another filter, it begins anew.
  return <Conversation key={JSON.stringify(query)} query={query} />;
}

function Conversation({ query }: Pick<PageProps, 'query'>): JSX.Element {
  const { channel = '', client = '', kind = '', text = '' } = query;
  const [typed, setTyped] = useState<Filter>({ channel, client, kind, text });
  const [filter, setFilter] = useState(typed);
  const [paused, setPaused] = useState<{ messages: LoggedMessage[]; count: number }>();
  useEffect(() => {
    const timer = setTimeout(() => setFilter(typed), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const { messages, count, leftOut, error, clear } = useMessages({ ...filter }, KEPT);
  const shown = paused?.messages ?? messages;
  const set = (name: keyof Filter) => (value: string) => setTyped((before) => ({ ...before, [name]: value }));
  return (
    <Page
      title={t.pages.conversation}
      actions={
        <>
          <button
            type="button"
            class={paused ? 'primary' : ''}
            onClick={() => setPaused(paused ? undefined : { messages, count })}
          >
            <Icon name={paused ? 'play' : 'pause'} />
            {paused ? t.conversation.resume : t.conversation.pause}
          </button>
          <button type="button" onClick={clear} disabled={paused !== undefined}>
            {t.conversation.clear}
          </button>
          <SaveButton messages={shown} />
        </>
      }
    >
      <div class="tools">
        <SearchField label={t.conversation.channel} value={typed.channel} onValue={set('channel')} />
        <SearchField label={t.conversation.client} value={typed.client} onValue={set('client')} />
        <SearchField label={t.conversation.text} value={typed.text} onValue={set('text')} />
        <Choice
          label={t.conversation.kind}
          value={typed.kind}
          of={[['', t.conversation.allKinds], ...KINDS.map((each) => [each, t.message.kinds[each] ?? each] as const)]}
          onValue={set('kind')}
        />
      </div>
      {error && <Fault error={error} />}
      {shown.length === 0 ? (
        <div class="card">
          <Empty title={t.conversation.empty} />
        </div>
      ) : (
        <div class="tall">
          <MessageList messages={shown} label={t.conversation.log} />
        </div>
      )}
      <p class="hint counts">
        {paused
          ? t.conversation.paused(formatCount(count - paused.count))
          : t.conversation.count(formatCount(shown.length))}
        {leftOut > 0 && ` · ${t.common.leftOut(formatCount(leftOut))}`}
      </p>
      {leftOut > 0 && <Notice tone="info">{t.conversation.leftOut}</Notice>}
    </Page>
  );
}

function SaveButton({ messages }: { messages: readonly LoggedMessage[] }): JSX.Element {
  return (
    <button
      type="button"
      onClick={() => saveFile('crosscomm-messages.jsonl', toJsonLines(messages), 'application/jsonl')}
      disabled={messages.length === 0}
    >
      <Icon name="download" />
      {t.conversation.export}
    </button>
  );
}
