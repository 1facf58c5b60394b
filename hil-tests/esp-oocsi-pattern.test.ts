import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import type { Program } from '@crosscomm/testing/program';
import { startPython } from '@crosscomm/testing/python';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type EspBoard, startEspBoard } from './host/esp-board.ts';

/** Python takes a second to start; on a machine that runs everything else at once, many. */
const LIMIT_MS = 60_000;
const SKETCH = join(import.meta.dirname, '../firmware-examples/esp32-oocsi/esp32-oocsi.ino');

/** A copy of the OOCSI sketch whose handle has random digits, as that library fills them in for each connection. */
async function sketchWithPattern(folder: string): Promise<string> {
  const text = await readFile(SKETCH, 'utf8');
  const changed = text.replace(/oocsi\.connect\([^,]+,/, 'oocsi.connect("pattern-####",');
  expect(changed).not.toBe(text);
  const sketch = join(folder, 'esp32-oocsi-pattern');
  await mkdir(sketch);
  await writeFile(join(sketch, 'esp32-oocsi-pattern.ino'), changed);
  return sketch;
}

describe('handles with # on a gateway with oocsi.stickyPattern', () => {
  const gateway = new GatewayProcess({ oocsi: { stickyPattern: true } });
  const programs: Program[] = [];
  let board: EspBoard;
  let room: OocsiClient;

  beforeAll(async () => {
    await gateway.start();
    board = await startEspBoard({ sketch: await sketchWithPattern(gateway.folder), gateway });
    room = await OocsiClient.connect(gateway.ready.oocsi.port, 'room');
  }, 300_000);
  afterEach(() => Promise.all(programs.splice(0).map((program) => program.stop('SIGKILL'))));
  afterAll(async () => {
    room?.close();
    await board?.unplug();
    await gateway.dispose();
  });

  /** Who subscribes to `channel` now; '' where nobody does. */
  async function members(channel: string): Promise<string> {
    room.send(`channels ${channel}`);
    room.send('ping');
    const line = await room.takeLine((text) => text === '.' || !text.startsWith('{'));
    if (line === '.') return '';
    await room.takeLine((text) => text === '.');
    return line;
  }

  /** The one who subscribes to `channel`, once that is somebody else than `before`. */
  async function subscriber(channel: string, before = ''): Promise<string> {
    let name = '';
    await expect
      .poll(
        async () => {
          name = await members(channel);
          return name !== '' && name !== before;
        },
        { timeout: 30_000 },
      )
      .toBe(true);
    return name;
  }

  test('an ESP board hears again after its Wi-Fi was gone, though it comes back under another handle', async () => {
    const before = await subscriber('light');
    expect(before).toMatch(/^pattern-\d{4}$/);
    await board.setWifi(false);
    await board.setWifi(true);
    const after = await subscriber('light', before);
    expect(after).toMatch(/^pattern-\d{4}$/);
    const lit = board.waitForLed(1);
    room.send('sendraw light {"brightness":80}');
    expect(await lit).toMatchObject({ value: 1 });
    room.send('clients');
    const clients = await room.takeLine((line) => line.includes('room'));
    expect(clients.split(',').filter((name) => name.trim().startsWith('pattern-'))).toEqual([after]);
  }, 120_000);

  test(
    'two Python programs of one computer stay two, and each hears its own',
    async () => {
      const [one, other] = ['door', 'window'].map((channel) => {
        const program = startPython(channel, 'oocsi_agent.py');
        programs.push(program);
        return { program, channel };
      }) as [{ program: Program; channel: string }, { program: Program; channel: string }];
      for (const { program, channel } of [one, other]) {
        program.command({ do: 'connect', handle: 'prog-####', ...gateway.ready.oocsi });
        await program.take('connected', {}, LIMIT_MS);
        program.command({ do: 'subscribe', channel });
      }
      const first = await subscriber('door');
      const second = await subscriber('window');
      expect(first).not.toBe(second);
      await other.program.stop('SIGKILL');
      await expect.poll(() => members('window')).toBe('');
      expect(second).not.toBe('');
      expect(await members('door')).toBe(first);
      room.send('sendraw door {"open":true}');
      await one.program.take('message', { recipient: 'door', data: { open: true } });
    },
    3 * LIMIT_MS,
  );
});
