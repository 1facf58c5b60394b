import type { LightMode } from '../../../protocols/announced-devices.ts';
import type { HomeComponent } from '../home-device.ts';
import { measuredByNumber, measuredBySensor } from './measured.ts';
import { BINARY_SENSOR_CLASSES, EVENT_CLASSES } from './vocabulary.ts';

/** A component as Home Assistant is told of it, without what all of them have. */
export interface Entity {
  readonly platform: string;
  readonly [key: string]: unknown;
}

/** Where it says its state, and hears what it is to do. */
export interface EntityTopics {
  readonly state: string;
  readonly command: string;
}

/** What Home Assistant takes: beyond that, a number has no limits there. */
const WIDEST = 1_000_000_000;
const LEAST_STEP = 0.001;
const FINE_STEP = 0.01;
const LONGEST_TEXT = 255;
/** What most lamps can: cold white, and warm white. */
const MIREDS = { min: 153, max: 500 };
/** The least and the most that Home Assistant takes for a lamp. */
const MIRED_LIMITS = { min: 50, max: 1000 };
/** What a device that says nothing of its events says when one happens. */
const PRESSED = 'press';

/** What a component is in Home Assistant; undefined where it is nothing that it knows. */
export function entityOf(component: HomeComponent, topics: EntityTopics): Entity | undefined {
  const make = MAKERS[component.type];
  return make?.(component, topics);
}

/** The platform of Home Assistant that a type of component belongs to. */
export function platformOf(type: string): string | undefined {
  if (!Object.hasOwn(MAKERS, type)) return undefined;
  return type === 'camera' ? 'image' : type;
}

/** What may happen at a component of type `event`. */
export function eventsOf({ options }: HomeComponent): readonly string[] {
  return options === undefined || options.length === 0 ? [PRESSED] : options;
}

/** In which ways Home Assistant sets a lamp. */
export function lightModes({ light }: HomeComponent): readonly LightMode[] {
  const modes = [...new Set(light?.modes ?? [])];
  const hasColour = modes.some((mode) => mode.startsWith('rgb'));
  const together = modes.filter(
    (mode) => mode === 'color_temp' || mode.startsWith('rgb') || (mode === 'white' && hasColour),
  );
  if (together.length > 0) return together;
  return [modes.includes('brightness') || modes.includes('white') ? 'brightness' : 'onoff'];
}

/** The limits of a number; where none make sense, it has no slider. */
export function rangeOf({ min, max, step }: HomeComponent): {
  min: number;
  max: number;
  step: number;
  isOpen: boolean;
} {
  const isOpen = min === undefined || max === undefined || min === max;
  const [least, most] = isOpen
    ? [Math.max(-WIDEST, min ?? -WIDEST), Math.min(WIDEST, max ?? WIDEST)]
    : [Math.min(min, max), Math.max(min, max)];
  const isCoarse = Number.isInteger(least) && Number.isInteger(most) && most - least >= 10;
  const usual = isOpen ? LEAST_STEP : isCoarse ? 1 : FINE_STEP;
  const range = least < most ? { min: least, max: most } : { min: -WIDEST, max: WIDEST };
  return { ...range, step: Math.max(LEAST_STEP, step ?? usual), isOpen };
}

type Maker = (component: HomeComponent, topics: EntityTopics) => Entity;

const image: Maker = (_component, { state }) => ({ platform: 'image', image_topic: state });

const MAKERS: Readonly<Record<string, Maker>> = {
  sensor: (component, { state }) => ({ platform: 'sensor', state_topic: state, ...measuredBySensor(component) }),
  binary_sensor: ({ sensorType }, { state }) => ({
    platform: 'binary_sensor',
    state_topic: state,
    payload_on: 'ON',
    payload_off: 'OFF',
    ...classAmong(BINARY_SENSOR_CLASSES, sensorType),
  }),
  switch: ({ sensorType }, { state, command }) => ({
    platform: 'switch',
    state_topic: state,
    command_topic: command,
    payload_on: 'ON',
    payload_off: 'OFF',
    ...classAmong(['outlet', 'switch'], sensorType),
  }),
  number: (component, { state, command }) => {
    const { isOpen, ...range } = rangeOf(component);
    const mode = isOpen ? { mode: 'box' } : {};
    return {
      platform: 'number',
      ...{ state_topic: state, command_topic: command },
      ...range,
      ...mode,
      ...measuredByNumber(component),
    };
  },
  light: (component, { state, command }) => {
    const modes = lightModes(component);
    return {
      ...{ platform: 'light', schema: 'json', state_topic: state, command_topic: command },
      supported_color_modes: modes,
      brightness: !modes.includes('onoff'),
      ...(modes.includes('color_temp') ? miredsOf(component) : {}),
    };
  },
  button: (_component, { command }) => ({ platform: 'button', command_topic: command, payload_press: 'PRESS' }),
  event: (component, { state }) => ({
    ...{ platform: 'event', state_topic: state, event_types: eventsOf(component) },
    ...classAmong(EVENT_CLASSES, component.sensorType),
  }),
  text: (_component, { state, command }) => ({
    ...{ platform: 'text', state_topic: state, command_topic: command, max: LONGEST_TEXT },
  }),
  image,
  camera: image,
};

function classAmong(classes: readonly string[], said: string | undefined): { device_class?: string } {
  const word = said?.toLowerCase();
  return word !== undefined && classes.includes(word) ? { device_class: word } : {};
}

/** The limits of a light's white. */
export function miredsOf({ min, max }: HomeComponent): { min_mireds: number; max_mireds: number } {
  const least = clamp(Math.round(Math.min(min ?? MIREDS.min, max ?? MIREDS.max)));
  const most = clamp(Math.round(Math.max(min ?? MIREDS.min, max ?? MIREDS.max)));
  const isRange = least < most;
  return { min_mireds: isRange ? least : MIREDS.min, max_mireds: isRange ? most : MIREDS.max };
}

function clamp(mireds: number): number {
  return Math.min(MIRED_LIMITS.max, Math.max(MIRED_LIMITS.min, mireds));
}
