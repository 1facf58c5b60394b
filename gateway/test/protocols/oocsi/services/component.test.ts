import { expect, it } from 'vitest';
import { scanObject } from '../../../../src/common/json/scan.ts';
import { readComponent } from '../../../../src/protocols/oocsi/services/component.ts';

const read = (component: object) => readComponent({ name: 'c', members: scanObject(JSON.stringify(component)) });

it('reads a light as the library for ESP announces it', () => {
  const light = { channel_name: 'ch', type: 'light', state: false, ledType: 'RGBW', brightness: 20, icon: 'bulb' };
  expect(read({ ...light, spectrum: ['RGB', 'CCT'], min: 150, max: 400 })).toEqual({
    ...{ name: 'c', type: 'light', channel: 'ch', value: false, icon: 'bulb', min: 150, max: 400 },
    light: { modes: ['rgbw', 'color_temp'], brightness: 20 },
  });
});

it('reads components as the library for Python announces them', () => {
  const number = { channel_name: 'ch', type: 'number', min_max: [0, 100], unit: '%', value: 5, icon: null };
  expect(read(number)).toEqual({ name: 'c', type: 'number', channel: 'ch', value: 5, unit: '%', min: 0, max: 100 });
  const light = { channel_name: 'ch', type: 'light', ledType: 'CCT', spectrum: 'CCT', min_max: null, state: true };
  expect(read(light)).toMatchObject({ value: true, light: { modes: ['color_temp'] } });
  const sensor = { channel_name: 'ch', type: 'sensor', sensor_type: 'temperature', unit: 'C', value: 20.5, step: null };
  expect(read(sensor)).toMatchObject({ type: 'sensor', sensorType: 'temperature', unit: 'C', value: 20.5 });
});

it('reads a light as the library for Java announces it, and one that only shines white', () => {
  expect(read({ channel_name: 'ch', type: 'light', ledtype: 'RGB' })).toMatchObject({ light: { modes: ['rgb'] } });
  const white = { channel_name: 'ch', type: 'light', ledType: 'RGB', spectrum: 'WHITE' };
  expect(read(white)).toMatchObject({ light: { modes: ['brightness'] } });
});

it('takes what makes no sense for what is not there, and leaves out what has no channel', () => {
  const odd = { channel_name: 'ch', type: 5, value: {}, unit: [], min_max: 'x', min: '1', step: true, spectrum: 7 };
  expect(read(odd)).toEqual({ name: 'c', type: '', channel: 'ch' });
  expect(read({ type: 'switch', state: true })).toBeUndefined();
  expect(read({ type: 'switch', channel_name: '' })).toBeUndefined();
});
