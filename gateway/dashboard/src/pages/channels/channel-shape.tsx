import type { JSX } from 'preact';
import { get } from '../../api/client.ts';
import type { Shape } from '../../api/types.ts';
import { useAnswer } from '../../api/use-answer.ts';
import { Card, Facts } from '../../components/basics.tsx';
import { formatCount, formatDuration, formatValue } from '../../language/format.ts';
import { t } from '../../language/language.ts';

const RELOAD_MS = 10_000;

type Field = Shape['fields'][number];

/** What the messages of a channel have in them; nothing as long as none was looked at. */
export function ChannelShape({ name }: { name: string }): JSX.Element | null {
  const { answer } = useAnswer(`shape of ${name}`, () => shapeOf(name), RELOAD_MS);
  if (answer === undefined || answer.fields.length === 0) return null;
  const { fields, messages, everyMs, hasMore } = answer;
  return (
    <Card title={t.channels.shape}>
      <Facts of={fields.map((field) => [field.name === '' ? t.channels.wholeMessage : field.name, wordsOf(field)])} />
      <p class="hint">
        {t.channels.shapeFrom(formatCount(messages))}
        {everyMs != null && ` ${t.channels.shapeEvery(formatDuration(everyMs))}`}
        {hasMore && ` ${t.channels.shapeMore}`}
      </p>
    </Card>
  );
}

/** The first of those whose names begin so; one of which nothing is known is no fault. */
async function shapeOf(name: string): Promise<Shape | undefined> {
  const { shapes } = await get<{ shapes: Shape[] }>('/api/v1/shapes', { prefix: name, limit: '1' });
  return shapes.find(({ channel }) => channel === name);
}

function wordsOf({ types, isOptional, min, max, maxLength }: Field): string {
  const parts = [types.map((type) => t.channels.types[type]).join(', ')];
  if (min != null && max != null)
    parts.push(min === max ? formatValue(min) : t.channels.range(formatValue(min), formatValue(max)));
  if (maxLength != null) parts.push(t.channels.upTo(formatCount(maxLength)));
  if (isOptional) parts.push(t.channels.optional);
  return parts.join('; ');
}
