import { EventEmitter } from 'node:events';
import { Screen } from '@crosscomm/testing/screen';
import { describe, expect, it } from 'vitest';
import type { Shell } from '../../src/cli/shell.ts';
import { type ShownSimulation, SimTable } from '../../src/cli/sim-table.ts';

const COUNTS = { sent: 61, accepted: 61, refused: 0, lost: 0, received: 3, links: 1, resets: 0 };

/** A simulation that stands still, on a screen of this size. */
function shown(ids: readonly string[], columns: number, rows: number) {
  const screen = new Screen(columns, rows);
  class Terminal extends EventEmitter {
    isTTY = true;
    rows = rows;
    get columns(): number {
      return screen.columns;
    }
    write(text: string): boolean {
      screen.write(text);
      return true;
    }
  }
  const stdout = new Terminal();
  const shell: Shell = { stdout, stderr: stdout, env: {}, cwd: '/', ended: new AbortController().signal };
  const devices = ids.map((id) => ({ id, state: 'online' as const, waiting: 0, counts: COUNTS }));
  const simulation: ShownSimulation = {
    devices,
    counts: () => ({ devices: ids.length, online: ids.length, waiting: 0, ...COUNTS }),
  };
  const table = new SimTable(shell, simulation, { address: `ws://${'x'.repeat(60)}.local:9898/`, seed: 2147483647 });
  return { table, screen, stdout };
}

const count = (text: string, word: string): number => text.split(word).length - 1;
const many = Array.from({ length: 40 }, (_, index) => `sim-${index + 1}`);

describe('the table of a simulation', () => {
  it.each([
    ['ids as long as they may be', [`${'long'.repeat(60)}-1`, 'b-2'], 80, 24],
    ['many devices', many, 80, 24],
    ['a narrow terminal', many, 31, 24],
    ['a low terminal', many, 80, 6],
    ['ids in signs of double width', ['温度传感器-温度传感器-温度传感器-1'], 80, 24],
  ])('is drawn at the same place again and again with %s', (_, ids, columns, rows) => {
    const { table, screen } = shown(ids, columns, rows);
    for (let time = 0; time < 5; time++) table.draw();
    expect(screen.text.split('\n').length).toBeLessThanOrEqual(rows);
    expect(count(screen.text, 'DEVICE')).toBe(1);
    expect(screen.text.startsWith(ids.length === 1 ? '1 device to' : `${ids.length} devices to`)).toBe(true);
  });

  it('fits 80 columns with every count, also where ids are long', () => {
    const { table, screen } = shown([`${'long'.repeat(60)}-1`, `${'long'.repeat(60)}-2`], 80, 24);
    table.draw();
    expect(screen.text).toMatch(/^DEVICE +STATE +SENT ACCEPTED REFUSED LOST WAITING RECEIVED LINKS RESETS$/m);
    expect(screen.text).toMatch(/^longlon…long-2 online +61 +61 +0 +0 +0 +3 +1 +0$/m);
  });

  it('leaves nothing of itself behind where the terminal becomes narrower', () => {
    const { table, screen } = shown(many.slice(0, 6), 80, 24);
    table.draw();
    screen.narrow(40);
    table.draw();
    expect(count(screen.text, 'DEVICE')).toBe(1);
    expect(count(screen.text, 'readings a second')).toBe(1);
  });

  it('keeps what is said meanwhile above itself', () => {
    const { table, screen, stdout } = shown(['sim-1'], 80, 24);
    table.draw();
    table.above(() => stdout.write('crosscomm: Nobody listens.\n'));
    table.draw();
    expect(screen.text).toMatch(/^crosscomm: Nobody listens\.\n1 device to/);
    expect(count(screen.text, 'DEVICE')).toBe(1);
  });
});
