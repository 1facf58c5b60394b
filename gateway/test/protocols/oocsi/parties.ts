import { MemoryWire, type TestHouse } from '@crosscomm/testing/test-hub';
import { OocsiLineSession } from '../../../src/protocols/oocsi/line-session.ts';
import type { OocsiOptions } from '../../../src/protocols/oocsi/options.ts';
import type { OocsiSession } from '../../../src/protocols/oocsi/session.ts';
import { OocsiWebSession } from '../../../src/protocols/oocsi/web-session.ts';

export const OPTIONS: OocsiOptions = {
  pingAfterMs: 5000,
  timeoutMs: 120_000,
  takeoverMs: 2000,
  handshakeTimeoutMs: 10_000,
};

export interface Party<T extends OocsiSession = OocsiSession> {
  session: T;
  wire: MemoryWire;
}

/** A TCP connection; `lines` are received, and what was answered to them is taken away. */
export function connect(house: TestHouse, ...lines: string[]): Party<OocsiLineSession> {
  return connectFrom(house, new MemoryWire(), OPTIONS, ...lines);
}

/** The same by a wire of its own, with other options. */
export function connectFrom(
  house: TestHouse,
  wire: MemoryWire,
  options: OocsiOptions,
  ...lines: string[]
): Party<OocsiLineSession> {
  const session = new OocsiLineSession(wire, house, options);
  for (const line of lines) session.receive(line);
  if (lines.length > 0) wire.take();
  return { session, wire };
}

/** A WebSocket wire that remembers the texts of the frames. */
class FrameWire extends MemoryWire {
  override write(unit: Uint8Array): boolean {
    const lengthAt = (unit[1] ?? 0) < 126 ? 2 : unit[1] === 126 ? 4 : 10;
    return super.write(unit.subarray(lengthAt));
  }
}

/** A WebSocket connection; `frames` are received, and what was answered to them is taken away. */
export function connectWeb(house: TestHouse, ...frames: string[]): Party<OocsiWebSession> {
  const wire = new FrameWire();
  const session = new OocsiWebSession(wire, house, OPTIONS);
  for (const frame of frames) session.receive(frame);
  if (frames.length > 0) wire.take();
  return { session, wire };
}

/** Moves the clock on by `seconds`, each session being ticked every second as transports do. */
export function pass(house: TestHouse, seconds: number, ...parties: Party[]): void {
  for (let second = 0; second < seconds; second++) {
    house.clock.advance(1000);
    for (const { session } of parties) session.tick(house.clock.monotonicMs());
  }
}
