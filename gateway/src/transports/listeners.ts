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

/** Approves what is at a port: its path, or its client's id. undefined if there is no such port. */
export type ApprovePort = (port: string) => Promise<ApprovedPort | undefined>;

/** The open listeners, each by its configuration key, in the order in which they were opened. */
export class ListenerRegistry {
  readonly #addresses = new Map<string, Address>();
  readonly #ports = new Map<string, () => readonly object[]>();
  readonly #approvers: ApprovePort[] = [];

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
