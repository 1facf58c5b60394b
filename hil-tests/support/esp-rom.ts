import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { EventTrail } from './event-trail.ts';

type RomEvent = { event: 'ready' } | { event: 'flashed'; address: number; base64: string };

/** What stands in for an ESP32 whose boot loader esptool talks to. */
export interface EspRom {
  /** What was written to its flash next, and where. */
  flashed(): Promise<{ address: number; content: Buffer }>;
  unplug(): Promise<void>;
  /** Resolves when it is unplugged. */
  gone: Promise<unknown>;
}

/** Plugs one in at the device file `link`. Its plug is pulled after so many blocks of firmware. */
export async function startEspRom(link: string, { pulledAfter }: { pulledAfter?: number } = {}): Promise<EspRom> {
  const flags = pulledAfter === undefined ? [] : ['--pulled-after', String(pulledAfter)];
  const child = spawn('python3', [join(import.meta.dirname, 'esp_rom.py'), link, ...flags], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const gone = once(child, 'exit');
  child.stdin.on('error', () => {});
  const events = new EventTrail<RomEvent>();
  createInterface({ input: child.stdout })
    .on('line', (line) => events.push(JSON.parse(line) as RomEvent))
    .on('close', () => events.end('The stand-in for an ESP32 has stopped.'));
  await events.waitFor(({ event }) => event === 'ready');
  return {
    gone,
    flashed: async () => {
      const found = await events.waitFor(({ event }) => event === 'flashed');
      if (found.event !== 'flashed') throw new Error('nothing was flashed');
      return { address: found.address, content: Buffer.from(found.base64, 'base64') };
    },
    unplug: async () => {
      child.stdin.end();
      await gone;
    },
  };
}
