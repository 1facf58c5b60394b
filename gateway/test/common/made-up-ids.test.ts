import { describe, expect, it } from 'vitest';
import { isLeftOver, isMadeUpId, makeUpId } from '../../src/common/made-up-ids.ts';

/** Numbers that repeat `digits` as hexadecimal digits. */
function sequence(digits: string): () => number {
  let at = 0;
  return () => Number.parseInt(digits[at++ % digits.length] as string, 16) / 16;
}

describe('an id that is made up', () => {
  it('is short', () => {
    expect(makeUpId('mqtt', { random: sequence('3f2a') })).toBe('mqtt-3f2a');
    expect(makeUpId('cli', { random: sequence('3f2a91'), digits: 6 })).toBe('cli-3f2a91');
  });

  it('is another where it is taken', () => {
    const taken = new Set(['mqtt-0123', 'mqtt-4567']);
    expect(makeUpId('mqtt', { random: sequence('0123456789ab'), isTaken: (id) => taken.has(id) })).toBe('mqtt-89ab');
  });

  it('grows where all of its length are taken', () => {
    const isTaken = (id: string): boolean => id.length < 'mqtt-'.length + 6;
    expect(makeUpId('mqtt', { random: sequence('0'), isTaken })).toBe('mqtt-000000');
  });

  it.each([
    'cli-3f2a91',
    'js-0a1b2c',
    'd83add0a1b2c_1f2e3d4c',
    'OOCSIClient_0a1b2c3d4e5f607',
    'mqttjs_6b9a6df8',
    'Arduino-0001e240',
    'mosq-zrnq7P8CVlAzwEi347',
    'mosqpub|4711-raspberrypi',
    'mosqsub/4711-raspberrypi',
    'paho1234567890123',
    'nodered_0123456789abcdef',
    'nodered0123456789abcdef',
  ])('by a library or a command is known by its form: %s', (id) => {
    expect(isMadeUpId(id)).toBe(true);
  });

  it.each([
    'kitchen',
    'cli-kitchen',
    'js-lamp',
    'node-000001',
    'mqtt-cafe',
    'mqttjs_lamp',
    'Arduino-kitchen',
    'mosq-garden',
    'paho',
    'paho1',
    'esp32-0a1b2c',
    'OOCSIClient_lamp',
    'nodered_kitchen',
    'D83ADD0A1B2C',
  ])('is not what somebody chose: %s', (id) => {
    expect(isMadeUpId(id)).toBe(false);
  });

  it('by an earlier version is known too, but not that of a session of MQTT', () => {
    expect(isLeftOver('aedes_0fdc5a31-52a5-4f6c-8d5c-9a1f1d7a2a11', { isPersistent: true })).toBe(true);
    expect(isLeftOver('cli-0a1b2c3d', {})).toBe(true);
    expect(isLeftOver('mqttjs_6b9a6df8', { isPersistent: true })).toBe(false);
    expect(isLeftOver('aedes_lamp', { isPersistent: true })).toBe(false);
  });
});
