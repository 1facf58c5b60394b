import { z } from 'zod';
import { bytes, namedApart } from './fields.ts';

const topic = (standard: string) =>
  z
    .string()
    .max(200)
    .regex(/^[^+#$/\0][^+#\0]*[^+#/\0]$/, 'the beginning of a topic, without + and #, and without / at its end')
    .default(standard);
const word = () => z.string().min(1).max(200).optional();
const value = () => z.union([z.boolean(), z.number(), z.string().min(1).max(200)]).optional();

/** The section `homeAssistant` of the configuration. */
export const homeAssistant = z
  .strictObject({
    enabled: z.boolean().default(false).describe('whether Home Assistant is told of devices'),
    discoveryPrefix: topic('homeassistant').describe('what the topics begin with by which it finds devices'),
    prefix: topic('crosscomm').describe('what the topics of states and commands begin with'),
    maxImageBytes: bytes(1_900_000).describe('largest image that it is sent, in bytes'),
  })
  .prefault({})
  .describe('devices for Home Assistant, by MQTT');

export type HomeAssistantConfig = z.infer<typeof homeAssistant>;

/** A part of a device, in the words by which the configuration and devices themselves describe it. */
export const component = z.strictObject({
  name: z.string().min(1).max(200).describe('name of this part of the device'),
  type: z
    .enum(['sensor', 'binary_sensor', 'switch', 'number', 'light', 'button', 'event', 'text', 'image', 'camera'])
    .describe('what it is'),
  channel: z.string().min(1).max(1024).describe('channel on which it says its value, and hears what it is to be'),
  field: word().describe('field of the messages there that has its value; by default state or value'),
  on: value().describe('value of that field where it is on, and that switches it on; by default true'),
  off: value().describe('the same for off; by default false'),
  unit: word().describe('unit of its value, such as °C'),
  class: word().describe('what it measures or switches, such as temperature'),
  icon: word().describe('name of an icon of Material Design, such as lamp'),
  min: z.number().optional().describe('least value of a number; of a light the coldest white, in mireds'),
  max: z.number().optional().describe('largest value of a number; of a light the warmest white, in mireds'),
  step: z.number().positive().optional().describe('step of a number'),
  modes: z
    .array(z.enum(['onoff', 'brightness', 'color_temp', 'rgb', 'rgbw', 'rgbww', 'white']))
    .min(1)
    .optional()
    .describe('in which ways a light is set'),
  options: z.array(z.string().min(1).max(200)).min(1).max(50).optional().describe('what may happen at an event'),
});

const device = z.strictObject({
  name: z.string().min(1).max(200).describe('name of the device'),
  client: z.string().min(1).max(256).optional().describe('client that it is: while that is away, so is the device'),
  area: word().describe('room that it is in'),
  manufacturer: word().describe('who made it'),
  model: word().describe('which one it is'),
  components: z.array(component).min(1).max(100).describe('what it has'),
});

/** The section `devices` of the configuration: devices that do not tell what they are themselves. */
export const devices = namedApart(device, 500).describe('devices that do not describe themselves; none by default');

export type DeviceConfig = z.infer<typeof device>;
export type ComponentConfig = z.infer<typeof component>;
