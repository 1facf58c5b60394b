import type { Pairings } from '../access/pairing.ts';
import type { Rollouts } from '../firmware/rollouts.ts';
import type { AnnouncedDevices } from '../protocols/announced-devices.ts';
import type { Flasher } from '../transports/flashing/flasher.ts';
import type { ApprovePort, BoardLog, SerialPorts } from '../transports/listeners.ts';

/** What lets new devices in, by a code, new boards at serial ports, and tells of devices. */
export interface Boards {
  pairings: Pairings;
  approve: ApprovePort;
  serial: SerialPorts;
  /** What writes firmware to boards at serial ports; by default nothing does. */
  flasher?: Flasher;
  /** What sends firmware to boards in the network; by default nothing does. */
  rollouts?: Rollouts;
  /** Devices that have told what they are. */
  devices: AnnouncedDevices;
  /** What the device with this client id printed or logged; undefined for one that never was here. */
  logOf(id: string): BoardLog | undefined;
}
