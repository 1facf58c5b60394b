import { isIPv4 } from 'node:net';
import { isLoopback } from '../common/loopback.ts';

/** A listener as others may find it. */
export interface FoundListener {
  host: string;
  port: number;
  /** Whether it takes TLS on this port. */
  tls?: 'accepted' | 'required' | undefined;
}

/** What of the gateway's listeners can be found. */
export interface FoundListeners {
  http?: FoundListener | undefined;
  mqtt?: FoundListener | undefined;
  mqttTls?: FoundListener | undefined;
  oocsi?: FoundListener | undefined;
  oocsiTls?: FoundListener | undefined;
}

/** A service as DNS-SD has it (RFC 6763). */
export interface Service {
  /** What people see. */
  readonly name: string;
  /** Without underscores: `mqtt` is `_mqtt._tcp`. */
  readonly type: string;
  readonly port: number;
  /** The one address that it listens on; undefined: on all of them. */
  readonly address: string | undefined;
  /** It listens on IPv4 addresses only. */
  readonly isIPv4: boolean;
  readonly txt: Readonly<Record<string, string>>;
}

/**
 * What a gateway has announced of itself: of each listener that other machines reach, its port, the version, the path where it has one, and whether
 * it takes TLS (`no`, `accepted` on the same port, `required`), with the port for TLS where that is another.
 */
export function servicesOf(listeners: FoundListeners, { name, version }: { name: string; version: string }): Service[] {
  const { http, mqtt, mqttTls, oocsi, oocsiTls } = listeners;
  const service = (type: string, listener: FoundListener | undefined, more: Record<string, string> = {}): Service[] => {
    if (listener === undefined || isLoopback(listener.host)) return [];
    const { host, port, tls = 'no' } = listener;
    const isEverywhere = host === '0.0.0.0' || host === '::';
    const where = { address: isEverywhere ? undefined : host, isIPv4: isIPv4(host) };
    return [{ name, type, port, ...where, txt: { version, tls, ...more } }];
  };
  const withTlsPort = (other: FoundListener | undefined): Record<string, string> =>
    other === undefined ? {} : { tlsport: String(other.port) };
  return [
    ...service('crosscomm', http, { path: '/' }),
    ...service('http', http, { path: '/' }),
    ...service('mqtt', mqtt, withTlsPort(mqttTls)),
    // Its own type, which clients look for that would encrypt.
    ...service('secure-mqtt', mqttTls && { ...mqttTls, tls: 'required' }),
    ...service('oocsi', oocsi, withTlsPort(oocsiTls)),
  ];
}

/** Some name that is free, after others have it: `CrossComm on pi (2)`. */
export function otherName(name: string): string {
  const match = /^(.*) \((\d+)\)$/s.exec(name);
  return match === null ? `${name} (2)` : `${match[1]} (${Number(match[2]) + 1})`;
}
