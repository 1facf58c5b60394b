import { faultsOf, RULES } from '@crosscomm/testing/home-assistant/check-payload';
import { runThere } from '@crosscomm/testing/home-assistant/core';
import { expect, it } from 'vitest';
import { devicePayload } from '../../gateway/src/integrations/home-assistant/payload/device-payload.ts';
import { Topics } from '../../gateway/src/integrations/home-assistant/topics.ts';

// The rules by which npm test checks what Home Assistant is told, beside its own schemas.

const topics = new Topics({ discoveryPrefix: 'homeassistant', prefix: 'crosscomm' });
const TYPES = ['sensor', 'binary_sensor', 'switch', 'number', 'light', 'button', 'event', 'text', 'camera'];
type Fields = Record<string, unknown>;

/** A payload of one component, changed by `change`. */
function payload(fields: object, change: (whole: Fields, component: Fields) => void = () => {}): Fields {
  const component = { name: 'part', type: 'sensor', channel: 'ch', ...fields };
  const made = devicePayload(
    { name: 'Lab', client: 'lab', components: [component] },
    { id: 'lab', topics, version: '1' },
  );
  const whole = structuredClone(made) as unknown as Fields;
  change(whole, (whole.components as Record<string, Fields>).part ?? {});
  return whole;
}

const RIGHT = [
  ...TYPES.map((type) => payload({ type, value: 1, min: 1, max: 20, sensorType: 'temperature', unit: 'C' })),
  ...RULES.sensor.classes.map((sensorType) => payload({ type: 'sensor', sensorType, value: 1 })),
  ...RULES.sensor.classes.flatMap((sensorType) =>
    (RULES.sensor.units[sensorType] ?? []).map((unit) =>
      payload({ type: 'sensor', sensorType, unit: unit ?? undefined, value: 1 }),
    ),
  ),
  ...RULES.number.classes.flatMap((sensorType) =>
    (RULES.number.units[sensorType] ?? []).map((unit) =>
      payload({ type: 'number', sensorType, unit: unit ?? undefined }),
    ),
  ),
  ...RULES.binary_sensor.classes.map((sensorType) => payload({ type: 'binary_sensor', sensorType })),
  ...[
    ['onoff'],
    ['brightness'],
    ['color_temp'],
    ['rgb'],
    ['rgbw'],
    ['rgbww', 'color_temp'],
    ['rgb', 'white'],
    ['white'],
    ['color_temp', 'white'],
  ].map((modes) => payload({ type: 'light', light: { modes }, min: 20, max: 5000 })),
];
const WRONG = [
  payload({}, (whole) => Object.assign(whole, { odd: 1 })),
  payload({}, (whole) => delete whole.origin),
  payload({}, (whole) => Object.assign(whole.device as Fields, { odd: 1 })),
  payload({}, (whole) => delete (whole.device as Fields).identifiers),
  payload({}, (_whole, component) => delete component.unique_id),
  payload({}, (_whole, component) => delete component.state_topic),
  payload({}, (_whole, component) => Object.assign(component, { platform: 'teapot' })),
  payload({}, (_whole, component) => Object.assign(component, { icon: 'lamp' })),
  payload({}, (_whole, component) => Object.assign(component, { device_class: 'mood' })),
  payload({}, (_whole, component) =>
    Object.assign(component, { device_class: 'temperature', unit_of_measurement: 'C' }),
  ),
  payload({ type: 'number', min: 1, max: 9 }, (_whole, component) => Object.assign(component, { max: 0 })),
  payload({ type: 'number', min: 1, max: 9 }, (_whole, component) => Object.assign(component, { step: 0.0001 })),
  payload({ type: 'light' }, (_whole, component) =>
    Object.assign(component, { supported_color_modes: ['onoff', 'rgb'] }),
  ),
];

it('are those of this version', () => {
  expect(runThere('rules.py')).toEqual(RULES);
});

it('find nothing wrong with what Home Assistant takes', () => {
  expect((runThere('check.py', RIGHT) as string[][]).flat()).toEqual([]);
  expect(RIGHT.flatMap(faultsOf)).toEqual([]);
});

it('refuse what Home Assistant refuses', () => {
  const theirs = runThere('check.py', WRONG) as string[][];
  expect(WRONG.map((each) => faultsOf(each).length > 0)).toEqual(WRONG.map(() => true));
  expect(theirs.map((faults) => faults.length > 0)).toEqual(WRONG.map(() => true));
});
