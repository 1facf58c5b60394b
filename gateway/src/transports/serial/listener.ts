import { realpath } from 'node:fs/promises';
import { type Lent, type LentPort, noPort, type PortRefusal, type PortUsb, type SerialPort } from '../listeners.ts';
import { DEVICE_SHARE_BYTES, type QueueBudget, type WriteTurn } from '../outbox.ts';
import type { Tappable } from '../taps.ts';
import {
  type ConfiguredPort,
  isAllowed,
  isUsbPortName,
  type PortFacts,
  type SerialConfig,
  stableId,
  uniqueId,
} from './identity.ts';
import { PortLink, type PortLinkState } from './port-link.ts';
import { type ListPorts, listSystemPorts, PortCatalogue } from './port-list.ts';
import { openSystemPort, type PortOpener } from './port-opener.ts';
import type { ConnectPort, SerialContext } from './port-session.ts';
import { PortWatcher } from './port-watcher.ts';
import { lineSettings } from './reset.ts';

export interface SerialListenerOptions {
  config: SerialConfig;
  context: SerialContext;
  turn: WriteTurn;
  budget: QueueBudget;
  /** Begins a session at a port that has just been opened. */
  connect: ConnectPort;
  /** What was set for a board beside the configuration; asked whenever its port is opened. */
  settingOf?: ((board: string) => { name?: string | undefined; baudRate?: number | undefined } | undefined) | undefined;
  /** What the system says of its ports; default: udev's answer. */
  listPorts?: ListPorts;
  /** Opens a port; default: the machine's. */
  openPort?: PortOpener;
}

/** A serial port, and how it stands with it. */
export interface SerialPortState {
  path: string;
  /** The client's id: the one that its device said, where it says one. */
  id: string;
  /**
   * `refused`: the port is open, and another client has the id. `unapproved`: it is open, and nobody has approved its board. `waiting`: for
   * the next attempt to open it. `flashing`: another program has it, to write firmware to its board.
   */
  state: PortLinkState | 'refused' | 'unapproved' | 'flashing';
}

/** What is at a port. */
export interface BoardAtPort {
  board: string;
  state: SerialPortState;
  /** The client id that it joins with, as long as it says none itself. */
  givenId: string;
  baudRate: number;
  /** The configuration names the port. */
  isConfigured: boolean;
}

/** How often the listener looks which ports there are. With the time to open one, a board is back within a second. */
const LOOK_EVERY_MS = 250;
/** udev needs a moment to describe a port that has just appeared; so often it is asked again, this far apart. */
const UDEV_TRIES = 3;
const UDEV_WAIT_MS = 150;
/** A machine with more serial ports has something wrong with it. */
const MAX_PORTS = 64;

const BUSY: PortRefusal = { code: 'PEER_TOO_MANY', message: 'This board is being flashed already.' };

/** A port that is there. */
interface Slot {
  path: string;
  /** Set once the listener knows what the port is, and wants it. */
  device: { id: string; board: string; facts: PortFacts; baudRate: number; link: PortLink } | undefined;
}

/** What is at a port that another program has. */
interface LentSlot {
  id: string;
  /** What is opened when it is given back; a board with USB of its own goes and comes while it is flashed. */
  back: { slot: Slot; board: string; facts: PortFacts };
}

/**
 * Watches for serial ports and keeps a link to each that is wanted. Ports come and go; the listener itself never fails.
 * Resolves when the ports that are there now have been found; they open after that.
 */
export async function openSerialListener(options: SerialListenerOptions): Promise<SerialListener> {
  const listener = new SerialListener(options);
  await listener.look();
  return listener;
}

export class SerialListener {
  readonly #options: SerialListenerOptions;
  readonly #catalogue: PortCatalogue;
  readonly #watcher: PortWatcher;
  readonly #slots = new Map<string, Slot>();
  /** By path. */
  readonly #lent = new Map<string, LentSlot>();
  readonly #cancels: (() => void)[];
  #arrivals: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(options: SerialListenerOptions) {
    const { config, context, listPorts = listSystemPorts } = options;
    const { clock, log } = context;
    const directory = config.deviceDirectory;
    this.#options = options;
    this.#catalogue = new PortCatalogue({ directory, list: listPorts, log });
    const configuredPaths = config.ports.map((port) => port.path);
    this.#watcher = new PortWatcher(
      { directory, autoDetect: config.autoDetect, configuredPaths, log },
      { appeared: (paths) => this.#appeared(paths), vanished: (path) => this.#vanished(path) },
    );
    this.#cancels = [
      this.#watcher.hurry(),
      clock.every(LOOK_EVERY_MS, () => void this.#watcher.scan()),
      clock.every(1000, () => this.#tick()),
      ...(context.taps ? [context.taps.add(() => this.#tappable())] : []),
    ];
  }

  /** The ports that have or should have a client. */
  ports(): SerialPortState[] {
    const ports = Array.from(this.#lent, ([path, { id }]): SerialPortState => ({ path, id, state: 'flashing' }));
    for (const { path, device } of this.#slots.values()) {
      if (!device) continue;
      const { session, state } = device.link;
      const ignored = session?.isUnapproved ? 'unapproved' : session?.isRefused ? 'refused' : undefined;
      ports.push({ path, id: session?.id ?? device.id, state: ignored ?? state });
    }
    return ports;
  }

  /** The same, with what is at each, and how fast it is spoken with. */
  portsInFull(): SerialPort[] {
    return this.ports().map((state) => {
      const { board = '', baudRate = 0 } = this.#slots.get(state.path)?.device ?? {
        board: this.#lent.get(state.path)?.back.board,
      };
      return { ...state, board, baudRate, isConfigured: this.#configured(state.path) !== undefined };
    });
  }

  /** The board at a port, by the path of its device file or a link to it, or by its client's id; undefined if there is none. */
  async boardAt(port: string): Promise<BoardAtPort | undefined> {
    const path = await realpath(port).catch(() => port);
    const states = this.ports();
    const found =
      states.find((state) => state.path === port || state.path === path) ?? states.find(({ id }) => id === port);
    const device = found && this.#slots.get(found.path)?.device;
    if (found === undefined || device === undefined) return undefined;
    const { board, id, baudRate } = device;
    return { board, state: found, givenId: id, baudRate, isConfigured: this.#configured(found.path) !== undefined };
  }

  /** Closes a port and opens it anew, with what is set for its board now. Resolves when that has begun. */
  async reopen(path: string): Promise<void> {
    const slot = this.#slots.get(path);
    const device = slot?.device;
    if (slot === undefined || device === undefined) return;
    await device.link.close();
    // It may have been pulled out, or opened anew by somebody else, meanwhile.
    if (this.#closed || this.#slots.get(path) !== slot || slot.device !== device) return;
    slot.device = undefined;
    this.#open(slot, device.facts, device.board);
  }

  /** As `SerialPorts.lend`. */
  async lend<Ready>(port: string, prepare: (usb: PortUsb) => Promise<Ready>): Promise<Lent<Ready>> {
    const found = await this.boardAt(port);
    const target = await realpath(port).catch(() => port);
    // Asked last, as it may have been lent to somebody else meanwhile, and then is not found either.
    if (this.#isLent(port, target)) return { refused: BUSY };
    const path = found?.state.path ?? '';
    const slot = this.#slots.get(path);
    const device = slot?.device;
    if (found === undefined || slot === undefined || device === undefined) return { refused: noPort(port) };
    const { board, facts } = device;
    const { vendorId, productId, serialNumber } = facts;
    const ready = await prepare({ vendorId, productId, serialNumber });
    // It may have been lent to somebody else meanwhile, or pulled out.
    if (this.#lent.has(path)) return { refused: BUSY };
    if (this.#closed || this.#slots.get(path) !== slot || slot.device !== device) return { refused: noPort(port) };
    const { id } = device.link.session ?? device;
    const lent: LentSlot = { id, back: { slot, board, facts } };
    this.#lent.set(path, lent);
    slot.device = undefined;
    await device.link.close();
    const lentPort: LentPort = { path, id, now: () => this.#stateAt(path), giveBack: () => this.#takeBack(path, lent) };
    return { port: lentPort, ready };
  }

  /** Looks for changes now, and waits until they are dealt with; the listener looks by itself several times a second. */
  async look(): Promise<void> {
    await this.#watcher.scan();
    await this.#arrivals;
  }

  /** Takes every device offline and closes every port. Never rejects. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const cancel of this.#cancels) cancel();
    await Promise.all(Array.from(this.#slots.values(), (slot) => slot.device?.link.close()));
    this.#slots.clear();
  }

  #isLent(port: string, path: string): boolean {
    return Array.from(this.#lent).some(([each, { id }]) => each === port || each === path || id === port);
  }

  #takeBack(path: string, lent: LentSlot): void {
    if (this.#lent.get(path) !== lent) return;
    this.#lent.delete(path);
    const { slot, board, facts } = lent.back;
    if (!this.#closed && this.#slots.get(path) === slot) this.#open(slot, facts, board);
  }

  #stateAt(path: string): ReturnType<LentPort['now']> {
    const found = this.ports().find((each) => each.path === path);
    if (found === undefined) return undefined;
    const { id, state } = found;
    const device = this.#slots.get(path)?.device;
    return { id, state, givenId: device?.id ?? id, hasSpoken: device?.link.hasHeard ?? false };
  }

  *#tappable(): Iterable<Tappable> {
    for (const { device } of this.#slots.values()) if (device?.link.tappable) yield device.link.tappable;
  }

  #tick(): void {
    const now = this.#options.context.clock.monotonicMs();
    for (const slot of this.#slots.values()) slot.device?.link.tick(now);
  }

  #appeared(paths: readonly string[]): void {
    const slots: Slot[] = [];
    for (const path of paths) {
      if (this.#slots.size >= MAX_PORTS) {
        this.#options.context.log.warn({ path }, `A serial port was left out: there are more than ${MAX_PORTS}.`);
        continue;
      }
      const slot: Slot = { path, device: undefined };
      this.#slots.set(path, slot);
      slots.push(slot);
    }
    if (slots.length === 0) return;
    // One after the other, so that two boards that appear together do not get the same id.
    this.#arrivals = this.#arrivals.then(() => this.#identify(slots, UDEV_TRIES));
  }

  /**
   * Ends the link also where it believes the port to be open: a read that is under way while the plug is pulled comes
   * back empty, and serialport then reads on for ever and tells nobody.
   */
  #vanished(path: string): void {
    const slot = this.#slots.get(path);
    if (!slot) return;
    this.#slots.delete(path);
    void slot.device?.link.close();
  }

  /** Finds out what is at new ports and opens those that are wanted. Never rejects. */
  async #identify(slots: readonly Slot[], triesLeft: number): Promise<void> {
    const described = await this.#catalogue.describe(slots.map((slot) => slot.path));
    const early: Slot[] = [];
    for (const [index, slot] of slots.entries()) {
      const description = described[index];
      if (!description || this.#closed || this.#slots.get(slot.path) !== slot) continue;
      const { facts, complete } = description;
      if (complete || triesLeft === 0 || !isUsbPortName(nameOf(slot.path))) this.#admit(slot, facts);
      else early.push(slot);
    }
    if (early.length === 0) return;
    await new Promise<void>((resolve) => this.#options.context.clock.after(UDEV_WAIT_MS, resolve));
    await this.#identify(early, triesLeft - 1);
  }

  #admit(slot: Slot, facts: PortFacts): void {
    const { config, context } = this.#options;
    if (!this.#configured(slot.path) && !isAllowed(facts, config)) {
      context.log.info({ path: slot.path, vendorId: facts.vendorId }, 'A serial port is ignored, as configured.');
      return;
    }
    this.#open(
      slot,
      facts,
      uniqueId(stableId(facts), (taken) => this.#hasBoard(taken)),
    );
  }

  #open(slot: Slot, facts: PortFacts, board: string): void {
    const { config, context, settingOf } = this.#options;
    const lent = this.#lent.get(slot.path);
    if (lent !== undefined) {
      lent.back = { slot, board, facts };
      return;
    }
    const configured = this.#configured(slot.path);
    const set = settingOf?.(board);
    const id = configured?.name ?? uniqueId(set?.name ?? stableId(facts), (taken) => this.#isTaken(taken));
    const path = configured || facts.byIdName === undefined ? slot.path : this.#catalogue.byIdPath(facts.byIdName);
    const resetOnOpen = configured?.resetOnOpen ?? config.resetOnOpen;
    const baudRate = configured?.baudRate ?? set?.baudRate ?? config.baudRate;
    const link = new PortLink({
      port: { path, baudRate, ...lineSettings(facts.vendorId, resetOnOpen) },
      open: this.#options.openPort ?? openSystemPort,
      context,
      turn: this.#options.turn,
      budget: this.#options.budget,
      limits: { maxQueueBytes: config.maxQueueBytes, fairShareBytes: DEVICE_SHARE_BYTES },
      maxRetryMs: config.maxRetryMs,
      lookAgain: () => this.#watcher.scan(),
      connect: (wire) => this.#options.connect({ id, board, channels: configured?.channels ?? [] }, wire),
    });
    slot.device = { id, board, facts, baudRate, link };
    void link.open();
  }

  #configured(path: string): ConfiguredPort | undefined {
    return this.#options.config.ports.find((port) => port.path === path);
  }

  /** A board of the same name is plugged in: cheap ones of one batch all have the same serial number. */
  #hasBoard(board: string): boolean {
    for (const slot of this.#slots.values()) if (slot.device?.board === board) return true;
    return false;
  }

  #isTaken(id: string): boolean {
    if (this.#options.config.ports.some((port) => port.name === id)) return true;
    for (const slot of this.#slots.values()) if (slot.device?.id === id) return true;
    return false;
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
