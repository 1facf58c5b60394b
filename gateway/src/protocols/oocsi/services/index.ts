import type { AnnouncedDevice } from '../../announced-devices.ts';
import type { SessionContext } from '../../context.ts';
import { Announcer } from './announcer.ts';
import { BuiltInClients } from './built-in-clients.ts';
import { HeyOocsi } from './hey-oocsi.ts';
import { MembersQuery } from './members-query.ts';
import { Presence } from './presence.ts';
import { SystemChannels } from './system-channels.ts';

/**
 * Starts what OOCSI offers beside passing messages on: presence, who is in a channel, the system channels, the built-in
 * clients and the registry of devices. They are hub clients and channels, so every protocol reaches them. Stop them
 * before the hub stops: presence would tell of every client that goes. `told` is called with each device that announces itself.
 */
export function startOocsiServices(
  context: SessionContext,
  told: (device: AnnouncedDevice) => void = () => {},
): {
  /** Devices that announced themselves to `heyOOCSI!`. */
  devices(): Iterable<AnnouncedDevice>;
  stop(): void;
} {
  const announcer = new Announcer(context.hub, context.clock);
  const builtIn = new BuiltInClients(context, announcer);
  const heyOocsi = new HeyOocsi(context, announcer, told);
  const services = [
    builtIn,
    heyOocsi,
    new Presence(context, announcer),
    new MembersQuery(context, announcer),
    new SystemChannels(context, announcer),
  ];
  return {
    devices: () => heyOocsi.devices(),
    stop() {
      for (const service of services) service.stop();
    },
  };
}
