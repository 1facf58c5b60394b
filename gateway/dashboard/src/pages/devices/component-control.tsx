import type { JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { DeviceComponent } from '../../api/types.ts';
import { hrefOf } from '../../common/route.ts';
import { Badge } from '../../components/basics.tsx';
import { formatShare, formatValue } from '../../language/format.ts';
import { t } from '../../language/language.ts';
import { NOTHING_SAID, sendMessage } from '../conversation/send-form.tsx';
import { type ComponentState, colourFields, colourOf, hexOf } from './component-state.ts';
import { Slider } from './slider.tsx';

const BRIGHTEST = 255;
/** What most lamps can: cold white, and warm white. */
const MIREDS = { min: 153, max: 500 };
const WHITE = [255, 255, 255] as const;
/** What only says something. */
const SHOWN: ReadonlySet<string> = new Set(['sensor', 'binary_sensor', 'event']);

interface ControlProps {
  component: DeviceComponent;
  state: ComponentState;
  set: (fields: Record<string, unknown>) => void;
}

/** A part of a device: what it shows, and what sets it. `note` is told what was sent. */
export function ComponentControl({
  component,
  state,
  note,
}: Pick<ControlProps, 'component' | 'state'> & { note: (channel: string, body: string) => void }): JSX.Element {
  const { name, type, channel } = component;
  const [said, setSaid] = useState(NOTHING_SAID);
  const set = async (fields: Record<string, unknown>): Promise<void> => {
    const body = JSON.stringify(fields);
    const answer = await sendMessage({ to: channel, kind: 'dict', body });
    setSaid(answer.isGood && answer.text !== t.send.nobody ? NOTHING_SAID : answer);
    if (answer.isGood) note(channel, body);
  };
  const props = { component, state, set: (fields: Record<string, unknown>) => void set(fields) };
  return (
    <li class="component">
      <div class="component-head">
        <a href={hrefOf('channels', channel)} title={channel}>
          {name}
        </a>
        {type === 'switch' || type === 'light' ? <Switch {...props} /> : SHOWN.has(type) && <Shown {...props} />}
        {type === 'button' && <Press {...props} />}
      </div>
      {type === 'light' && <Light {...props} />}
      {type === 'number' && <NumberControl {...props} />}
      {type === 'text' && <TextControl {...props} />}
      <p role="status" class={said.isGood ? 'hint' : 'fault'}>
        {said.text}
      </p>
    </li>
  );
}

function Switch({ component, state: { isOn = false }, set }: ControlProps): JSX.Element {
  const { name } = component;
  return (
    <button
      type="button"
      class="switch"
      role="switch"
      aria-checked={isOn}
      aria-label={name}
      onClick={() => set(switched(component, !isOn))}
    >
      <span aria-hidden="true">{isOn ? t.devices.on : t.devices.off}</span>
    </button>
  );
}

/** What switches a component on or off. */
function switched(
  { field = 'state', on = true, off = false }: DeviceComponent,
  isOn: boolean,
): Record<string, unknown> {
  return { [field]: isOn ? on : off };
}

function Press({ component: { name, field = 'press', on = true }, set }: ControlProps): JSX.Element {
  return (
    <button type="button" aria-label={`${t.devices.press}: ${name}`} onClick={() => set({ [field]: on })}>
      {t.devices.press}
    </button>
  );
}

/** What somebody writes stays while others redraw the page, unless the text itself becomes another. */
function TextControl({ component: { field = 'value' }, state: { value }, set }: ControlProps): JSX.Element {
  const id = useId();
  return (
    <div class="slider">
      <label for={id}>{t.devices.value}</label>
      <input
        key={value}
        id={id}
        type="text"
        defaultValue={String(value ?? '')}
        onChange={({ currentTarget }) => set({ [field]: currentTarget.value })}
      />
    </div>
  );
}

/** What a sensor says. */
function Shown({ component: { type, unit }, state: { isOn, value } }: ControlProps): JSX.Element | null {
  if (type === 'binary_sensor') {
    if (isOn === undefined) return null;
    return <Badge tone={isOn ? 'accent' : 'plain'}>{isOn ? t.devices.on : t.devices.off}</Badge>;
  }
  if (value === undefined) return null;
  return <span class="reading">{withUnit(value, unit)}</span>;
}

function withUnit(value: number | string, unit: string | undefined): string {
  const text = typeof value === 'number' ? formatValue(value) : value;
  if (unit === undefined || unit === '') return text;
  return `${text} ${shownUnit(unit)}`;
}

/** The OOCSI library for ESP says C for degrees. */
function shownUnit(unit: string | undefined): string {
  return unit === 'C' ? '°C' : (unit ?? '');
}

function NumberControl({ component, state: { value }, set }: ControlProps): JSX.Element {
  const { unit, min, max, step, field = 'value' } = component;
  const id = useId();
  const number = typeof value === 'number' ? value : undefined;
  if (min !== undefined && max !== undefined && min < max) {
    const shown = (each: number): string => withUnit(each, unit);
    const fine = step ?? (Number.isInteger(min) && Number.isInteger(max) && max - min >= 10 ? 1 : undefined);
    return (
      <Slider
        label={t.devices.value}
        {...{ value: number, min, max, shown, step: fine }}
        onValue={(to) => set({ [field]: to })}
      />
    );
  }
  return (
    <div class="slider">
      <label for={id}>{t.devices.value}</label>
      <input
        id={id}
        type="number"
        step={step ?? 'any'}
        {...{ min, max }}
        value={number ?? ''}
        onChange={({ currentTarget }) => {
          if (currentTarget.value !== '') set({ [field]: Number(currentTarget.value) });
        }}
      />
      <output for={id}>{shownUnit(unit)}</output>
    </div>
  );
}

function Light({ component, state, set }: ControlProps): JSX.Element {
  const { light, min, max } = component;
  const on = switched(component, true);
  const id = useId();
  const modes = light?.modes ?? [];
  const isColoured = modes.some((mode) => mode.startsWith('rgb'));
  const share = (value: number): string => formatShare(value / BRIGHTEST);
  const { brightness, white, colour, colourTemperature } = state;
  return (
    <>
      {modes.some((mode) => mode !== 'onoff') && (
        <Slider
          label={t.devices.brightness}
          {...{ value: brightness, min: 0, max: BRIGHTEST, step: 1, shown: share }}
          onValue={(to) => set({ ...on, brightness: to })}
        />
      )}
      {modes.includes('white') && (
        <Slider
          label={t.devices.white}
          {...{ value: white, min: 0, max: BRIGHTEST, step: 1, shown: share }}
          onValue={(to) => set({ ...on, brightnessWhite: to })}
        />
      )}
      {modes.includes('color_temp') && (
        <Slider
          label={t.devices.warmth}
          {...{ value: colourTemperature, min: min ?? MIREDS.min, max: max ?? MIREDS.max, step: 1 }}
          shown={(mireds) => `${Math.round(1_000_000 / mireds / 50) * 50} K`}
          onValue={(to) => set({ ...on, colorTemp: to })}
        />
      )}
      {isColoured && (
        <div class="slider">
          <label for={id}>{t.devices.colour}</label>
          <input
            id={id}
            type="color"
            value={hexOf(colour ?? WHITE)}
            onChange={({ currentTarget }) =>
              set({
                ...on,
                ...colourFields(modes, colourOf(currentTarget.value)),
                ...(brightness === undefined ? {} : { brightness }),
              })
            }
          />
        </div>
      )}
    </>
  );
}
