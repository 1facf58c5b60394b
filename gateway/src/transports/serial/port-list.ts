import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import type { Log } from '../../common/log.ts';
import type { PortFacts } from './identity.ts';

/** What the operating system says of a port; SerialPort.list() in the gateway, a fixed list in tests. */
export type ListPorts = () => Promise<readonly SystemPort[]>;

export interface SystemPort {
  path: string;
  manufacturer?: string | undefined;
  serialNumber?: string | undefined;
  /** On Linux the name of the link in `/dev/serial/by-id`. */
  pnpId?: string | undefined;
  vendorId?: string | undefined;
  productId?: string | undefined;
}

export const listSystemPorts: ListPorts = () => SerialPort.list();

/** A udevadm that hangs must not hang the gateway. */
const LIST_TIMEOUT_MS = 3000;

/** Finds out what is behind device files. */
export class PortCatalogue {
  readonly #byIdDirectory: string;
  readonly #list: ListPorts;
  readonly #log: Log;
  #warned = false;

  constructor(options: { directory: string; list: ListPorts; log: Log }) {
    this.#byIdDirectory = join(options.directory, 'serial', 'by-id');
    this.#list = options.list;
    this.#log = options.log;
  }

  /** The path of a link in the by-id directory. */
  byIdPath(name: string): string {
    return join(this.#byIdDirectory, name);
  }

  /**
   * The facts of these device files. It asks udev, which starts a program, so ask only about what is new. `complete` is
   * false for ports that udev is there to describe, and has not yet.
   */
  async describe(paths: readonly string[]): Promise<{ facts: PortFacts; complete: boolean }[]> {
    const [listed, byIdNames] = await Promise.all([this.#listPorts(), this.#byIdNames()]);
    return Promise.all(
      paths.map(async (path) => {
        const target = await realpath(path).catch(() => path);
        const found = listed?.find((port) => port.path === path || port.path === target);
        const facts: PortFacts = {
          path,
          byIdName: byIdNames.get(target),
          serialNumber: found?.serialNumber || undefined,
          vendorId: found?.vendorId?.toLowerCase(),
          productId: found?.productId?.toLowerCase(),
          manufacturer: found?.manufacturer,
        };
        return { facts, complete: listed === undefined || found?.vendorId !== undefined };
      }),
    );
  }

  /** Undefined where the system cannot say. */
  async #listPorts(): Promise<readonly SystemPort[] | undefined> {
    let timer: NodeJS.Timeout | undefined;
    try {
      const timeout = new Promise<never>((_resolve, reject) => {
        timer = setTimeout(() => reject(new Error('udevadm does not answer')), LIST_TIMEOUT_MS);
      });
      return await Promise.race([this.#list(), timeout]);
    } catch (error) {
      if (!this.#warned) {
        const reason = error instanceof Error ? error.message : String(error);
        this.#log.warn(
          { reason },
          'The system cannot list its serial ports (is udev installed?); they are told apart by their file names.',
        );
      }
      this.#warned = true;
      return undefined;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * By-id names by the device file they lead to. Two boards without serial numbers share one name and fight for the
   * link, so it is a name only of the port that it really leads to.
   */
  async #byIdNames(): Promise<Map<string, string>> {
    const names = new Map<string, string>();
    const links = await readdir(this.#byIdDirectory).catch(() => []);
    for (const link of links.sort()) {
      const path = join(this.#byIdDirectory, link);
      const target = await realpath(path).catch(() => undefined);
      if (target !== undefined && !names.has(target)) names.set(target, link);
    }
    return names;
  }
}
