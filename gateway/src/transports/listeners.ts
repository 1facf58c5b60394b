import type { Address } from './listen.ts';

/** What there is to say of a listener: its address; or, where it has no single one, its ports. */
export type ListenerState = Address | readonly object[];

/** The open listeners by the configuration key of each, in the order in which they were opened. One that is closed is not here. */
export class ListenerRegistry {
  readonly #addresses = new Map<string, Address>();
  readonly #ports = new Map<string, () => readonly object[]>();

  /** Several sockets of one listener, such as UDP and TCP at one port, are one. */
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

  /** Adds to `others` all that have ports, looked at anew each time that somebody looks. */
  withPorts<Others extends object>(others: Others): Others & Record<string, readonly object[]> {
    const getters = Array.from(this.#ports, ([name, get]) => [name, { enumerable: true, get }] as const);
    return Object.defineProperties(others as Others & Record<string, readonly object[]>, Object.fromEntries(getters));
  }
}
