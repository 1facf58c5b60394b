import { expect, it } from 'vitest';
import { announcedState, colourFields, colourOf, hexOf, stateAfter } from '../src/pages/devices/component-state.ts';

const light = { name: 'lamp', type: 'light' };

it('begins with what a component announced', () => {
  expect(announcedState({ ...light, channel: 'c', value: true, light: { modes: ['rgb'], brightness: 7 } })).toEqual({
    ...{ isOn: true, brightness: 7 },
  });
  expect(announcedState({ name: 's', type: 'sensor', channel: 'c', value: 20.5 })).toEqual({ value: 20.5 });
  expect(announcedState({ name: 's', type: 'switch', channel: 'c' })).toEqual({});
});

it.each([
  ['switch', { state: true }, { isOn: true }],
  ['switch', { value: false }, { isOn: false }],
  ['binary_sensor', { state: 'ON' }, { isOn: true }],
  ['binary_sensor', { state: 'closed' }, { isOn: false }],
  ['switch', { state: 'perhaps' }, {}],
  ['number', { value: 3 }, { value: 3 }],
  ['sensor', { value: 'wet' }, { value: 'wet' }],
  [
    'light',
    { state: 1, colorrgbw: [1, 2, 3, 4], colorTemp: 200 },
    { isOn: true, colour: [1, 2, 3], colourTemperature: 200 },
  ],
  ['light', { colorrgb: [1, 'x', 3], brightness: null }, {}],
  ['light', false, { isOn: false }],
  ['sensor', 7, { value: 7 }],
])('a %s understands %j', (type, message, state) => {
  expect(stateAfter({}, { name: 'a', type }, JSON.stringify(message))).toEqual(state);
});

it('keeps what a message says nothing of, and what it says of another component on the same channel', () => {
  const before = { isOn: true, brightness: 9 };
  expect(stateAfter(before, light, '{"state":false}')).toEqual({ isOn: false, brightness: 9 });
  expect(stateAfter(before, light, '{"state":false,"component":"other"}')).toBe(before);
  expect(stateAfter(before, light, '{"state":false,"component":"lamp"}')).toEqual({ isOn: false, brightness: 9 });
  for (const body of [undefined, 'hello', '[1]']) expect(stateAfter(before, light, body)).toEqual(before);
});

it('writes colours as fields have them, and as lamps do', () => {
  expect([hexOf([255, 128, 0]), hexOf([-1, 300, 2.6]), colourOf('#ff8000')]).toEqual([
    ...['#ff8000', '#00ff03', [255, 128, 0]],
  ]);
  expect(colourFields(['rgb'], [1, 2, 3])).toEqual({ colorrgb: [1, 2, 3] });
  expect(colourFields(['rgbw', 'color_temp'], [1, 2, 3])).toEqual({ colorrgbw: [1, 2, 3, 0] });
  expect(colourFields(['rgbww'], [1, 2, 3])).toEqual({ colorrgbww: [1, 2, 3, 0, 0] });
});
