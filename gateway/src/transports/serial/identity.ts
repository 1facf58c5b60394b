/** What is known of a serial port before it is opened. */
export interface PortFacts {
  /** Where its device file is: `/dev/ttyACM0`. */
  path: string;
  /** The name of its link in `/dev/serial/by-id`, if that link leads to this very port. */
  byIdName?: string | undefined;
  serialNumber?: string | undefined;
  /** USB vendor and product, four lower-case hex digits each. */
  vendorId?: string | undefined;
  productId?: string | undefined;
  manufacturer?: string | undefined;
}

/** Device files of USB serial adapters and boards, by the names that Linux gives them. */
const USB_NAME = /^tty(?:ACM|USB)\d+$/;

/** True for the name of a device file that can only be a USB serial port. */
export function isUsbPortName(name: string): boolean {
  return USB_NAME.test(name);
}

/** `text` as part of a client id: letters, digits, `_`, `.` and `-`; whatever else it has becomes one `_`. */
export function sanitise(text: string): string {
  const name = text
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9_.-]+/g, '_')
    .replace(/^[_.-]+/, '');
  let end = name.length;
  while (/[_.-]/.test(name[end - 1] ?? '')) end--;
  return name.slice(0, Math.min(end, 64));
}

/**
 * The id of the client at this port, which stays the same in another socket and after a restart: `serial-` with the
 * board's serial number; else with its by-id name, which says the model; else with the name of the device file, which
 * is only stable as long as it is the only one.
 */
export function stableId(port: PortFacts): string {
  const byId = port.byIdName?.replace(/^usb-/, '').replace(/-if\d+(?:-port\d+)?$/, '');
  for (const source of [port.serialNumber, byId, port.path.split('/').pop()]) {
    const id = source === undefined ? '' : sanitise(source);
    if (id !== '') return `serial-${id}`;
  }
  return 'serial-port';
}

/** `id`, or `id-2`, `id-3` and so on: cheap boards of one batch all have the same serial number. */
export function uniqueId(id: string, isTaken: (id: string) => boolean): string {
  let unique = id;
  for (let number = 2; isTaken(unique); number++) unique = `${id}-${number}`;
  return unique;
}

export interface VendorRules {
  /** Where it is not empty, only these USB vendors. */
  allowVendors: readonly string[];
  ignoreVendors: readonly string[];
}

/** Which ports are opened, and how: the section `serial` of the configuration. */
export interface SerialConfig extends VendorRules {
  autoDetect: boolean;
  baudRate: number;
  ports: readonly ConfiguredPort[];
  resetOnOpen?: boolean | undefined;
  maxQueueBytes: number;
  maxRetryMs: number;
  deviceDirectory: string;
}

/** A port that is named in the configuration. */
export interface ConfiguredPort {
  path: string;
  baudRate: number;
  name?: string | undefined;
  channels: readonly string[];
  resetOnOpen?: boolean | undefined;
}

/** True if a port that is not configured by its path may be opened. A port of an unknown vendor is in neither list. */
export function isAllowed(port: PortFacts, rules: VendorRules): boolean {
  const has = (vendors: readonly string[]): boolean =>
    port.vendorId !== undefined && vendors.some((vendor) => vendor.toLowerCase() === port.vendorId);
  if (has(rules.ignoreVendors)) return false;
  return rules.allowVendors.length === 0 || has(rules.allowVendors);
}
