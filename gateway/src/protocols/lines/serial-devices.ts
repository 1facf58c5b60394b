import type { ConnectPort, KnownPort, PortSession } from '../../transports/serial/port-session.ts';
import type { Wire } from '../../transports/wire.ts';
import type { SessionContext } from '../context.ts';
import { DeviceLog } from '../device-log.ts';
import type { Approvals } from './approvals.ts';
import type { PortFramesOptions } from './port-frames.ts';
import { SerialDevice } from './serial-device.ts';

export interface SerialDevicesOptions {
  /** Longer lines are neither taken nor written, in bytes. */
  maxLineBytes: number;
  /** Takes over devices that send frames. Without it, frames are treated as text. */
  frames?: Pick<PortFramesOptions, 'connect' | 'maxFrameBytes'> | undefined;
  /** Which boards may join; without it, all may. */
  approvals?: Pick<Approvals, 'has' | 'add'> | undefined;
}

/** Twice as many as there may be ports. */
const MAX_LOGS = 128;

/** The devices at serial ports, and what each said lately, also while it is unplugged. */
export class SerialDevices {
  readonly #context: SessionContext;
  readonly #options: SerialDevicesOptions;
  readonly #devices = new Map<SerialDevice, { board: string; deviceLog: DeviceLog }>();
  /** By board, each with the id that its client had last. */
  readonly #logs = new Map<string, { id: string; deviceLog: DeviceLog }>();

  constructor(context: SessionContext, options: SerialDevicesOptions) {
    this.#context = context;
    this.#options = options;
  }

  readonly connect: ConnectPort = (port: KnownPort, wire: Wire): PortSession => {
    const deviceLog = this.#logOf(port);
    const isUnapproved = this.#options.approvals?.has(port.board) === false;
    if (isUnapproved) this.#askFor(port.board, wire.peer);
    const device: SerialDevice = new SerialDevice(this.#context, wire, {
      ...this.#options,
      ...port,
      deviceLog,
      isUnapproved,
      gone: () => this.#devices.delete(device),
    });
    this.#devices.set(device, { board: port.board, deviceLog });
    return device;
  };

  /** What the device with this id said lately; undefined for an id that never was here. */
  log(id: string): DeviceLog | undefined {
    for (const [device, { deviceLog }] of this.#devices) if (device.id === id) return deviceLog;
    for (const { id: each, deviceLog } of this.#logs.values()) if (each === id) return deviceLog;
    return undefined;
  }

  /** Lets a board join, now and whenever it is plugged in. It is on disk when this resolves. */
  async approve(board: string): Promise<void> {
    await this.#options.approvals?.add(board);
    for (const [device, { board: each }] of this.#devices) if (each === board) device.approve();
  }

  #askFor(board: string, path: string): void {
    const message = `A new board waits at ${path}. To let it join: crosscomm serial approve ${path}`;
    this.#context.log.warn({ board, path }, message);
  }

  /** The board's log, whatever it is called now; the oldest of too many is forgotten. */
  #logOf({ board, id }: KnownPort): DeviceLog {
    const deviceLog = this.#logs.get(board)?.deviceLog ?? new DeviceLog();
    this.#logs.delete(board);
    this.#logs.set(board, { id, deviceLog });
    if (this.#logs.size > MAX_LOGS) {
      const oldest = this.#logs.keys().next().value;
      if (oldest !== undefined) this.#logs.delete(oldest);
    }
    return deviceLog;
  }
}
