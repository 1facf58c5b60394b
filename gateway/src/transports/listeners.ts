import type { Address } from './listen.ts';

/** The address of a listener, or its ports if it has no single address. */
export type ListenerState = Address | readonly object[];

/** A port that was approved. */
export interface ApprovedPort {
  path: string;
  /** The client at it. */
  id: string;
  /** What is approved, wherever it is plugged in. */
  board: string;
}

/** A serial port, and what is at it. */
export interface SerialPort {
  path: string;
  /** Its client. */
  id: string;
  state: 'opening' | 'open' | 'waiting' | 'closed' | 'refused' | 'unapproved' | 'flashing';
  /** What is plugged in, wherever it is plugged in. */
  board: string;
  baudRate: number;
  /** The configuration names it, so its name and speed are set there. */
  isConfigured: boolean;
}

/** What is to be set for the board at a port; what is left out stays, and null is as the configuration says. */
export interface PortWish {
  /** The client id with which it joins. */
  name?: string | null | undefined;
  /** Bits per second. */
  baudRate?: number | null | undefined;
}

/** Why nothing was set: a code, and a sentence. */
export interface PortRefusal {
  code: 'PEER_NOT_FOUND' | 'PEER_NOT_ALLOWED' | 'PEER_NAME_TAKEN' | 'PEER_BAD_NAME' | 'PEER_TOO_MANY';
  message: string;
}

/** What USB says of the board at a port; ids are four lower-case hex digits. */
export interface PortUsb {
  vendorId?: string | undefined;
  productId?: string | undefined;
  serialNumber?: string | undefined;
}

/** A port that the gateway has closed, so that another program has it. */
export interface LentPort {
  /** Its device file, or a link to it. */
  path: string;
  /** The client that was at it. */
  id: string;
  /**
   * How it stands with the port now; undefined: it is not there. `givenId`: the client id that its board has until it says another;
   * `hasSpoken`: something came from the board since the port was opened.
   */
  now(): { id: string; givenId: string; state: SerialPort['state']; hasSpoken: boolean } | undefined;
  /** Has the gateway open it again. */
  giveBack(): void;
}

/** What a board has printed beside its messages: its last lines, oldest first, and how many there were. */
export interface BoardLog {
  lines(): { timeMs: number; kind: 'line' | 'noise' | 'too_long'; text: string }[];
  readonly counts: Readonly<Record<'line' | 'noise' | 'too_long', number>>;
}

/** A port that was lent, and what was prepared for that; or why it was not. */
export type Lent<Ready> = { port: LentPort; ready: Ready } | { refused: PortRefusal };

/** The serial ports, as they are when they are asked for. */
export interface SerialPorts {
  list(): SerialPort[];
  /** Of the board that has this client id, also when it is unplugged; undefined where there was none. */
  log(id: string): BoardLog | undefined;
  /** Sets something for the board at a port, its path or its client's id, which then begins anew; it is kept over restarts. */
  set(port: string, wish: PortWish): Promise<{ path: string; id: string } | { refused: PortRefusal }>;
  /**
   * Closes a port, given by its path or its client's id, for another program, until that gives it back. `prepare` is asked before, with what is
   * plugged in; where it rejects, nothing is closed, and this rejects with the same.
   */
  lend<Ready>(port: string, prepare: (usb: PortUsb) => Promise<Ready>): Promise<Lent<Ready>>;
}

/** Approves what is at a port: its path, or its client's id. undefined if there is no such port. */
export type ApprovePort = (port: string) => Promise<ApprovedPort | undefined>;

/** The open listeners, each by its configuration key, in the order in which they were opened. */
export class ListenerRegistry {
  readonly #addresses = new Map<string, Address>();
  readonly #ports = new Map<string, () => readonly object[]>();
  readonly #approvers: ApprovePort[] = [];
  readonly #serial: SerialPorts[] = [];

  /** Several sockets of one listener, such as UDP and TCP on one port, count as one. */
  add(name: string, address: Address): void {
    this.#addresses.set(name, address);
  }

  /** A listener with ports of its own, as they are when they are asked for; `approve` lets what is at one of them join. */
  addPorts(name: string, ports: () => readonly object[], approve?: ApprovePort): void {
    this.#ports.set(name, ports);
    if (approve) this.#approvers.push(approve);
  }

  /** Lets what is at this port join; undefined if there is no such port, or nobody has to be approved. */
  readonly approve: ApprovePort = async (port) => {
    for (const approve of this.#approvers) {
      const approved = await approve(port);
      if (approved) return approved;
    }
    return undefined;
  };

  /** Serial ports, for whoever wants to know more of them than how they stand. */
  addSerial(ports: SerialPorts): void {
    this.#serial.push(ports);
  }

  /** All serial ports. */
  readonly serial: SerialPorts = {
    list: () => this.#serial.flatMap((ports) => ports.list()),
    log: (id) => this.#serial.map((ports) => ports.log(id)).find((log) => log !== undefined),
    set: async (port, wish) => {
      let last: { refused: PortRefusal } = { refused: noPort(port) };
      for (const ports of this.#serial) {
        const answer = await ports.set(port, wish);
        if (!('refused' in answer)) return answer;
        last = answer;
      }
      return last;
    },
    lend: async (port, prepare) => {
      let refused = noPort(port);
      for (const ports of this.#serial) {
        const lent = await ports.lend(port, prepare);
        if (!('refused' in lent)) return lent;
        refused = lent.refused;
      }
      return { refused };
    },
  };

  /** All that listen at one address. */
  get addresses(): Record<string, Address> {
    return Object.fromEntries(this.#addresses);
  }

  /** `others` and all listeners with ports of their own, whose state is read each time it is asked for. */
  withPorts<Others extends object>(others: Others): Others & Record<string, readonly object[]> {
    const getters = Array.from(this.#ports, ([name, get]) => [name, { enumerable: true, get }] as const);
    return Object.defineProperties(others as Others & Record<string, readonly object[]>, Object.fromEntries(getters));
  }
}

/** There is no such port. */
export function noPort(port: string): PortRefusal {
  return { code: 'PEER_NOT_FOUND', message: `The gateway has no serial port ${port.slice(0, 200)} open.` };
}
