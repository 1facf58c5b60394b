import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import type { GatewayProcess } from '@crosscomm/testing/gateway-process';
import { EventTrail } from '../support/event-trail.ts';
import { buildEspSketch, type EspModel, type EspVariant } from './esp-build.ts';

export interface EspBoardOptions extends EspVariant {
  /** The name of one of the project's sketches, or an absolute path. */
  sketch: string;
  /** Default: esp32. */
  board?: EspModel;
  /** Where the address that is written in the sketches leads to. */
  gateway: {
    ready: Pick<GatewayProcess['ready'], 'http' | 'oocsi' | 'mqtt'> & { mqttTls?: { host: string; port: number } };
  };
  /** Where to put the device file of its serial port, a link. Without it, `lines` has what it prints. */
  link?: string;
  /** The JPEG that its camera sees, a file. */
  photo?: string;
  /** The file with what outlives a reset. Default: nothing does. */
  storage?: string | undefined;
  /** Its MAC address. Default: 24:0A:C4:3F:2A:1C. */
  mac?: string;
  /** The file that gets the pixels of its display: 240 x 240, 16 bits each, the high byte first. */
  panel?: string;
}

export type EspEvent =
  | { event: 'ready'; pid: number }
  /** An output pin changed. */
  | { event: 'pin'; pin: number; value: 0 | 1 }
  /** The sketch saw that an input pin changed. */
  | { event: 'read'; pin: number; value: 0 | 1 }
  | { event: 'wifi'; up: boolean }
  /** The sketch connected, or tried to. */
  | { event: 'connect'; to: string; ok: boolean };

/** An ESP board, played by a process: the sketch compiled for this computer, with real sockets. */
export interface EspBoard {
  events: EventTrail<EspEvent>;
  /** What it prints on its serial port, a line each. */
  lines: EventTrail<string>;
  /** Waits until the LED is switched so. */
  waitForLed(value: 0 | 1): Promise<EspEvent>;
  /** Puts a level at an input pin. */
  setPin(pin: number, level: 0 | 1): void;
  /** Puts a voltage at an analogue input, as the number that analogRead gives. */
  setAnalog(pin: number, value: number): void;
  /** Takes the network away, with every connection on it, or gives it back. Resolves when that is done. */
  setWifi(up: boolean): Promise<void>;
  /** Lets a connection take so many bytes more, and then, once, less than it is given. */
  cutWrite(afterBytes: number): void;
  /** Takes away its power: connections end. */
  unplug(): Promise<void>;
}

/** What the sketches say in place of their gateway's address. */
const ADDRESS = '192.168.1.10';
const LED_BUILTIN = 2;

/** Builds the sketch if need be and starts a board with it. */
export async function startEspBoard(options: EspBoardOptions): Promise<EspBoard> {
  const { board = 'esp32', gateway, link, mac, panel, photo, sketch, storage } = options;
  const program = await buildEspSketch(sketch, board, options);
  const { http, oocsi, mqtt, mqttTls = mqtt } = gateway.ready;
  const listeners = { 9898: http, 4444: oocsi, 1883: mqtt, 8883: mqttTls };
  const flags = Object.entries(listeners).flatMap(([port, listener]) => [
    '-r',
    `${ADDRESS}:${port}=${listener.host}:${listener.port}`,
  ]);
  if (link !== undefined) flags.push('-l', link);
  if (photo !== undefined) flags.push('-c', photo);
  if (panel !== undefined) flags.push('-d', panel);
  if (mac !== undefined) flags.push('-m', mac);
  if (storage !== undefined) flags.push('-n', storage);
  const child = spawn(program, flags, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
  const gone = once(child, 'close');
  const events = new EventTrail<EspEvent>();
  const lines = new EventTrail<string>();
  const control = child.stdio[3] as Duplex;
  let errors = '';
  child.stderr?.on('data', (chunk) => {
    errors = `${errors}${chunk}`.slice(-20_000);
  });
  // Commands to a board that has just stopped are lost, as they would be with a real one. An interface passes errors on.
  control.on('error', () => {});
  const told = createInterface({ input: control });
  told.on('error', () => {});
  told.on('line', (line) => events.push(JSON.parse(line) as EspEvent));
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
  child.on('close', (code, signal) => {
    const reason = `The board has stopped: ${code ?? signal}. ${errors}`;
    events.end(reason);
    lines.end(reason);
  });
  const command = (text: string): void => void control.write(`${text}\n`);
  await events.waitFor(({ event }) => event === 'ready');
  return {
    events,
    lines,
    waitForLed: (value) =>
      events.waitFor((event) => event.event === 'pin' && event.pin === LED_BUILTIN && event.value === value),
    setPin: (pin, level) => command(`pin ${pin} ${level}`),
    setAnalog: (pin, value) => command(`adc ${pin} ${value}`),
    cutWrite: (afterBytes) => command(`cut ${afterBytes}`),
    setWifi: async (up) => {
      const done = events.waitFor((event) => event.event === 'wifi' && event.up === up);
      command(`wifi ${up ? 'on' : 'off'}`);
      await done;
    },
    unplug: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };
}
