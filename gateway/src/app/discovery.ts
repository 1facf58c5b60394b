import { hostname } from 'node:os';
import type { Clock } from '../common/clock.ts';
import type { Log } from '../common/log.ts';
import { version } from '../common/version.ts';
import type { BaseConfig } from '../config/schema.ts';
import { announce } from '../discovery/announcer.ts';
import { announceOocsi } from '../discovery/oocsi-multicast.ts';
import { type FoundListeners, servicesOf } from '../discovery/services.ts';
import type { OnClose } from './closers.ts';

/** Has clients find the listeners that other machines reach. */
export function openDiscovery(
  { config, listeners, clock, log }: { config: BaseConfig; listeners: FoundListeners; clock: Clock; log: Log },
  onClose: OnClose,
): void {
  const { mdns, oocsiMulticast, name } = config.discovery;
  const called = name === '' ? `CrossComm on ${hostname().split('.')[0]}`.slice(0, 63) : name;
  const services = servicesOf(listeners, { name: called, version: version() });
  if (mdns && services.length > 0) onClose(announce({ services, clock, log }));
  const oocsi = services.find(({ type }) => type === 'oocsi');
  if (oocsiMulticast && oocsi !== undefined && oocsi.txt.tls !== 'required') onClose(announceOocsi(oocsi, clock));
}
