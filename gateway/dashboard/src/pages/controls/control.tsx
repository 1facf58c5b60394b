import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { BoardItem, MessageView } from '../../api/types.ts';
import { gatewayNow } from '../../common/gateway-clock.ts';
import { formatReading } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { historyOf } from '../channels/channel-history.ts';
import { NumbersChart } from '../channels/numbers-chart.tsx';
import { isOwn } from '../channels/own-url.ts';
import { NOTHING_SAID, sendMessage } from '../conversation/send-form.tsx';
import { colourOf, hexOf } from '../devices/component-state.ts';
import { Slider } from '../devices/slider.tsx';
import { colourFrom, colourValue, isSwitchedOn, messageOf, numberOf, switchValue, written } from './outgoing.ts';
import type { LiveValues } from './use-board-values.ts';

const DEFAULT_MAX = 100;
const CHART_HEIGHT = 150;
/** More of a value is not read at a glance. */
const SHORT = 14;

interface KindProps {
  item: BoardItem;
  live: LiveValues;
  /** The last value that it is bound to; undefined: nothing is known. */
  value: unknown;
  /** Sets the value. */
  set: (value: unknown) => void;
}

/** One control of a board. */
export function Control({ item, live }: { item: BoardItem; live: LiveValues }): JSX.Element {
  const { kind, channel = '', key } = item;
  const name = nameOf(item);
  const [said, setSaid] = useState(NOTHING_SAID);
  const value = channel === '' ? undefined : live.values.value(channel, key);
  const set = async (to: unknown): Promise<void> => {
    const message = messageOf(item, to, live.values.last(channel));
    const answer = await sendMessage(message);
    setSaid(answer.isGood && answer.text !== t.send.nobody ? NOTHING_SAID : answer);
    if (answer.isGood) live.note(sentView(message));
  };
  const Kind = KINDS[kind];
  return (
    <div class={`control is-${kind}`} title={channel === '' ? undefined : channel}>
      {name !== '' && !OWN_LABEL.has(kind) && <h2>{name}</h2>}
      <Kind item={item} live={live} value={value} set={(to) => void set(to)} />
      <p role="status" class={said.isGood ? 'hint' : 'fault'}>
        {said.text}
      </p>
    </div>
  );
}

/** A message as others see it, before the gateway tells of it. */
function sentView({ to, kind, body }: { to: string; kind: MessageView['kind']; body: string }): MessageView {
  return { from: '', to, kind, body, size: body.length, timestampMs: gatewayNow() };
}

/** What a control is called: by what it is bound to where nobody gave it a label; empty of a text. */
function nameOf({ label, key, channel = '' }: BoardItem): string {
  if (label !== '') return label;
  return key === undefined || channel === '' ? channel : `${channel} ${key}`;
}

function ButtonControl({ item, set }: KindProps): JSX.Element {
  return (
    <button type="button" class="primary big" onClick={() => set(written(item.value ?? 'true'))}>
      {nameOf(item)}
    </button>
  );
}

function SwitchControl({ item, value, set }: KindProps): JSX.Element {
  const isOn = isSwitchedOn(item, value) ?? false;
  return (
    <button
      type="button"
      class="switch"
      role="switch"
      aria-checked={isOn}
      aria-label={nameOf(item)}
      onClick={() => set(switchValue(item, !isOn, value))}
    >
      <span aria-hidden="true">{isOn ? t.devices.on : t.devices.off}</span>
    </button>
  );
}

function SliderControl({ item, value, set }: KindProps): JSX.Element {
  const { min = 0, max = Math.max(min + 1, DEFAULT_MAX), step, unit } = item;
  const fine = step ?? (Number.isInteger(min) && Number.isInteger(max) && max - min >= 10 ? 1 : undefined);
  return (
    <Slider
      label={nameOf(item)}
      value={numberOf(value)}
      {...{ min, max, step: fine }}
      shown={(number) => `${formatReading(number)} ${unit ?? ''}`.trim()}
      onValue={set}
    />
  );
}

function ColourControl({ item, value, set }: KindProps): JSX.Element {
  const id = useId();
  const colour = colourFrom(value);
  return (
    <label class="colour" for={id}>
      <span class="unseen">{nameOf(item)}</span>
      <input
        id={id}
        type="color"
        value={colour ? hexOf(colour) : '#000000'}
        onChange={({ currentTarget }) => set(colourValue(colourOf(currentTarget.value), value))}
      />
      <span aria-hidden="true">{colour ? hexOf(colour) : ''}</span>
    </label>
  );
}

function ValueControl({ item: { unit }, value }: KindProps): JSX.Element {
  const text = textOf(value);
  if (text === undefined) return <p class="quiet">{t.controls.nothingSaid}</p>;
  return (
    <p class={text.length <= SHORT ? 'big-value' : 'long-value'}>
      {text}
      {unit !== undefined && <span class="unit">{` ${unit}`}</span>}
    </p>
  );
}

function textOf(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value === 'number') return formatReading(value);
  if (typeof value === 'boolean') return value ? t.devices.on : t.devices.off;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function ChartControl({ item: { channel = '', key } }: KindProps): JSX.Element {
  const history = historyOf(channel);
  const hasLine = key === undefined ? history.fields.length > 0 : history.fields.includes(key);
  if (!hasLine) return <p class="quiet">{t.controls.noNumbers}</p>;
  return <NumbersChart history={history} only={key} height={CHART_HEIGHT} hasHint={false} />;
}

function ImageControl({ item, live }: KindProps): JSX.Element {
  const { object, channel = '' } = item;
  const url = object === undefined ? live.values.last(channel)?.objectUrl : addressOf(object);
  if (url === undefined || !isOwn(url)) return <p class="quiet">{t.controls.noImage}</p>;
  return <img src={url} alt={nameOf(item)} />;
}

/** Where an object of this gateway is read. */
function addressOf(key: string): string {
  return `/objects/${key.split('/').map(encodeURIComponent).join('/')}`;
}

function TextControl({ item: { text = '' } }: KindProps): JSX.Element {
  return <p class="written">{text}</p>;
}

function HiddenControl(): JSX.Element {
  return <p class="quiet">{t.controls.hidden}</p>;
}

const KINDS: Record<BoardItem['kind'], (props: KindProps) => ComponentChildren> = {
  button: ButtonControl,
  switch: SwitchControl,
  slider: SliderControl,
  colour: ColourControl,
  value: ValueControl,
  chart: ChartControl,
  image: ImageControl,
  text: TextControl,
  hidden: HiddenControl,
};

/** Kinds that show their label themselves. */
const OWN_LABEL: ReadonlySet<BoardItem['kind']> = new Set(['button', 'slider']);
