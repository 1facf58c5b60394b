import type { Address } from './listen.ts';

/** The address of a listener, or its ports if it has no single address. */
export type ListenerState = Address | readonly object[];

/** The open listeners, each by its configuration key, in the order in which they were opened. */
export class ListenerRegistry {
  readonly #addresses = new Map<string, Address>();
  readonly #ports = new Map<string, () => readonly object[]>();

  /** Several sockets of one listener, such as UDP and TCP on one port, count as one. */
  add(name: string, address: Address): void {
    this.#addresses.set(name, address);
  }

  /** A listener with ports of its own, as they are when they are asked for. */
  addPorts(name: string, ports: () => readonly object[]): void {
    this.#ports.set(name, ports);
  }

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
