import { z } from 'zod';
import { bytes, duration, KIB } from '../../config/fields.ts';
import { invalid, type Problem } from '../../config/problems.ts';
import { defineSection } from '../../config/section.ts';

const baudRate = z.number().int().min(50).max(4_000_000);
/** A USB vendor id, as four hex digits. */
const vendorId = z.string().regex(/^[0-9a-fA-F]{4}$/, 'four hex digits in quotes, such as "2341"');

const serialPort = z.strictObject({
  path: z.string().min(1).describe('the port, preferably by its stable name under /dev/serial/by-id'),
  baudRate: baudRate.default(115200).describe('bits per second, as in the sketch: Serial.begin(115200)'),
  name: z.string().min(1).optional().describe('the client id it joins with'),
  channels: z.array(z.string().min(1)).default([]).describe('the channels that it subscribes to, besides its own'),
  resetOnOpen: z.boolean().optional().describe('let the board reset when the port is opened'),
});

/** The section `serial` of the configuration. */
export const section = defineSection({
  key: 'serial',
  schema: z
    .strictObject({
      autoDetect: z.boolean().default(true).describe('open every USB serial port'),
      baudRate: baudRate.default(115200).describe('bits per second of the ports found'),
      ports: z.array(serialPort).default([]).describe('ports named one by one'),
      approve: z.boolean().default(false).describe('a new board waits until the command "serial approve" lets it join'),
      allowVendors: z.array(vendorId).default([]).describe('the only USB vendor ids to open'),
      ignoreVendors: z.array(vendorId).default([]).describe('USB vendor ids never to open'),
      resetOnOpen: z.boolean().optional().describe('let boards reset when a port is opened'),
      maxLineBytes: bytes(4 * KIB, 64).describe('longest line from a device'),
      maxQueueBytes: bytes(64 * KIB).describe('most bytes waiting for one device'),
      maxRetryMs: duration(30_000, 100).describe('longest pause between two tries to open a busy port'),
      deviceDirectory: z.string().min(1).default('/dev').describe('folder that is watched for ports'),
    })
    .prefault({})
    .describe('boards that print and read lines'),
  problems: samePorts,
});

function samePorts({ ports }: { ports: readonly z.infer<typeof serialPort>[] }): Problem[] {
  return (['path', 'name'] as const).flatMap((key) => {
    const seen = new Map<string, number>();
    return ports.flatMap((port, index) => {
      const value = port[key];
      if (value === undefined) return [];
      const first = seen.get(value);
      seen.set(value, first ?? index);
      if (first === undefined) return [];
      return [invalid(['serial', 'ports', index, key], `is ${value}, as serial.ports[${first}].${key} is`)];
    });
  });
}
