import type { Outlet } from '../delivery/outgoing.ts';
import { MqttStream } from '../stream.ts';

/** A connection as aedes has it, by which our own delivery sends messages as well. */
export class Connection extends MqttStream implements Outlet {
  /** aedes' client, set by aedes. */
  declare client: object;
  /** The engine's client, set as soon as aedes has the connection. */
  declare owner: object;
}
