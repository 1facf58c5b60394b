import { faultsOf, RULES } from '@crosscomm/testing/home-assistant/check-payload';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scanObject } from '../../../src/common/json/scan.ts';
import type { HomeComponent } from '../../../src/integrations/home-assistant/home-device.ts';
import { idOf } from '../../../src/integrations/home-assistant/ids.ts';
import { devicePayload } from '../../../src/integrations/home-assistant/payload/device-payload.ts';
import { Topics } from '../../../src/integrations/home-assistant/topics.ts';
import { readComponent } from '../../../src/protocols/oocsi/services/component.ts';

const topics = new Topics({ discoveryPrefix: 'homeassistant', prefix: 'crosscomm' });

function payloadOf(components: readonly HomeComponent[], more = {}) {
  const payload = devicePayload(
    { name: 'Lab', client: 'lab', components, ...more },
    { id: 'lab', topics, version: '1' },
  );
  expect(faultsOf(payload as never)).toEqual([]);
  return payload;
}

/** A component as a library for OOCSI tells of it. */
function told(fields: object): HomeComponent {
  const component = readComponent({
    name: 'part',
    members: scanObject(JSON.stringify({ channel_name: 'ch', ...fields })),
  });
  if (component === undefined) throw new Error('no component');
  return component;
}

function entity(fields: object): Record<string, unknown> {
  const { components } = payloadOf([told(fields)]);
  return components.part ?? {};
}

describe('what Home Assistant is told of a device', () => {
  it('has its topics, its ids, and both availabilities', () => {
    const component = { name: 'plug', type: 'switch', channel: 'plugs', icon: 'power-plug' };
    expect(payloadOf([component], { area: 'Kitchen', model: 'X1' })).toEqual({
      device: { identifiers: ['crosscomm_lab'], name: 'Lab', suggested_area: 'Kitchen', model: 'X1' },
      origin: { name: 'CrossComm Gateway', sw_version: '1' },
      availability: [{ topic: 'crosscomm/status' }, { topic: 'crosscomm/online/lab' }],
      availability_mode: 'all',
      qos: 1,
      components: {
        plug: {
          ...{ platform: 'switch', unique_id: 'crosscomm_lab_plug', name: 'plug', icon: 'mdi:power-plug' },
          ...{ default_entity_id: 'switch.lab_plug', payload_on: 'ON', payload_off: 'OFF' },
          ...{ state_topic: 'crosscomm/state/lab/plug', command_topic: 'crosscomm/set/lab/plug' },
        },
      },
    });
  });

  it('leaves out what it does not know, and an icon that is none', () => {
    const { components } = payloadOf([
      { name: 'odd', type: 'teapot', channel: 'a' },
      { name: 'bell', type: 'button', channel: 'b', icon: 'not an icon' },
    ]);
    expect(Object.keys(components)).toEqual(['bell']);
    expect(components.bell).not.toHaveProperty('icon');
  });

  it('says of parts that there were that they are no more', () => {
    const payload = devicePayload(
      { name: 'Lab', client: undefined, components: [] },
      { id: 'lab', topics, version: '1', gone: { old: 'light' } },
    );
    expect(payload.components).toEqual({ old: { platform: 'light' } });
    expect(payload.availability).toEqual([{ topic: 'crosscomm/status' }]);
    expect(faultsOf(payload as never)).toEqual([]);
  });

  it.each([
    ['rssi', 'signal_strength', 'dBm'],
    ['Uptime', 'duration', 's'],
    ['heap', 'data_size', 'B'],
  ])('counts %s among diagnostics', (name, sensorType, unit) => {
    const { components } = payloadOf([{ name, type: 'sensor', channel: 'ch', sensorType, unit, value: 1 }]);
    expect(Object.values(components)[0]).toMatchObject({ entity_category: 'diagnostic', device_class: sensorType });
  });

  it.each([
    [
      'ESP',
      { type: 'sensor', sensor_type: 'temperature', unit: 'C', value: 20 },
      { device_class: 'temperature', unit_of_measurement: '°C', state_class: 'measurement' },
    ],
    ['Java, whose unit is a class', { type: 'sensor', unit: 'humidity', value: 20 }, { state_class: 'measurement' }],
    [
      'a unit that does not fit',
      { type: 'sensor', sensor_type: 'temperature', unit: 'lux', value: 2 },
      { unit_of_measurement: 'lux', state_class: 'measurement' },
    ],
    [
      'a class that nobody knows',
      { type: 'sensor', sensor_type: 'mood', unit: '%', value: 2 },
      { unit_of_measurement: '%', state_class: 'measurement' },
    ],
    ['a text', { type: 'sensor', sensor_type: 'temperature', unit: 'C', value: 'warm' }, {}],
  ])('describes a sensor: %s', (_name, fields, expected) => {
    const { platform, state_topic, unique_id, name, default_entity_id, ...rest } = entity(fields);
    expect(platform).toBe('sensor');
    expect(rest).toMatchObject(expected);
    if (Object.keys(expected).length === 0) expect(rest).toEqual({});
  });

  it.each([
    [{ min_max: [0, 100] }, { min: 0, max: 100, step: 1 }],
    [
      { min: 0, max: 1 },
      { min: 0, max: 1, step: 0.01 },
    ],
    [
      { min: 5, max: 1, step: 0.00001 },
      { min: 1, max: 5, step: 0.001 },
    ],
    [{}, { min: -1_000_000_000, max: 1_000_000_000, mode: 'box' }],
    [{ min: 3, max: 3 }, { mode: 'box' }],
  ])('gives a number limits that make sense: %j', (fields, expected) => {
    expect(entity({ type: 'number', ...fields })).toMatchObject(expected);
  });

  it.each([
    [{ ledType: 'ONOFF' }, ['onoff'], false],
    [{ ledtype: 'DIMMABLE' }, ['brightness'], true],
    [{ ledType: 'CCT', min_max: [150, 400] }, ['color_temp'], true],
    [{ ledType: 'RGB', spectrum: ['RGB'] }, ['rgb'], true],
    [{ ledType: 'RGBW', spectrum: 'RGB' }, ['rgbw'], true],
    [{ ledType: 'RGBWW', spectrum: ['RGB', 'CCT'] }, ['rgbww', 'color_temp'], true],
    [{ ledType: 'RGB', spectrum: ['RGB', 'WHITE'] }, ['rgb', 'white'], true],
    [{ ledType: 'RGB', spectrum: ['WHITE'] }, ['brightness'], true],
    [{ ledType: 'RGB', spectrum: ['CCT', 'WHITE'] }, ['color_temp'], true],
  ])('sets a light in the modes that it has: %j', (fields, modes, brightness) => {
    const light = entity({ type: 'light', ...fields });
    expect(light).toMatchObject({ schema: 'json', supported_color_modes: modes, brightness });
    if (modes.includes('color_temp')) expect(Number(light.min_mireds)).toBeLessThan(Number(light.max_mireds));
  });

  it('gives events, texts, buttons and images their topics', () => {
    const parts = ['event', 'text', 'button', 'image', 'camera'].map((type) => ({ name: type, type, channel: 'ch' }));
    const { components } = payloadOf(parts);
    expect(Object.values(components).map(({ platform }) => platform)).toEqual([
      'event',
      'text',
      'button',
      'image',
      'image',
    ]);
    expect(components.event).toMatchObject({ event_types: ['press'] });
  });

  it('takes whatever a device says of itself to a payload that is taken', () => {
    const anything = fc.record({
      name: fc.oneof(fc.constantFrom('灯', 'a/b', 'rssi'), fc.string({ minLength: 1 })),
      type: fc.constantFrom(
        'sensor',
        'binary_sensor',
        'switch',
        'number',
        'light',
        'button',
        'event',
        'text',
        'camera',
        'x',
      ),
      channel: fc.constant('ch'),
      value: fc.oneof(fc.boolean(), fc.double(), fc.string(), fc.constant(undefined)),
      unit: fc.oneof(fc.constantFrom(...RULES.sensor.classes, 'C', '%', 'W', undefined), fc.string()),
      sensorType: fc.oneof(
        fc.constantFrom(...RULES.sensor.classes, ...RULES.binary_sensor.classes, undefined),
        fc.string(),
      ),
      icon: fc.oneof(fc.constantFrom('lamp', 'mdi:lamp', undefined), fc.string()),
      min: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
      max: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
      step: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
      light: fc.option(
        fc.record({
          modes: fc.array(
            fc.constantFrom('onoff', 'brightness', 'color_temp', 'rgb', 'rgbw', 'rgbww', 'white' as const),
          ),
        }),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 2 }), (components) => {
        const payload = devicePayload(
          { name: 'd', client: 'c', components: components as HomeComponent[] },
          { id: 'd', topics, version: '1' },
        );
        expect(faultsOf(payload as never)).toEqual([]);
      }),
    );
  });
});

describe('ids', () => {
  it.each([
    ['The lab', 'Warm-White 1', /^sensor\.the_lab_warm_white_1$/],
    ['灯', '温度', /^sensor\.[0-9a-f]{8}_[0-9a-f]{8}$/],
    ['--', '!', /^sensor\.part_part$/],
  ])('proposes ids of entities that can be read: %s, %s', (device, name, expected) => {
    const { components } = payloadOf([{ name, type: 'sensor', channel: 'ch' }], { name: device });
    expect(Object.values(components)[0]?.default_entity_id).toMatch(expected);
  });

  it('keeps names of letters and digits, and tells all others apart', () => {
    expect(idOf('Lamp_1-a')).toBe('Lamp_1-a');
    const names = ['灯', '燈', 'a b', 'a.b', 'a/b', 'x'.repeat(100), 'x'.repeat(101)];
    const ids = names.map(idOf);
    expect(new Set(ids).size).toBe(names.length);
    for (const id of ids) expect(id).toMatch(/^[A-Za-z0-9_-]{1,48}$/);
  });
});
