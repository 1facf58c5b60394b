import { MqttStream } from '../stream.ts';

/** A connection as aedes has it. */
export class Connection extends MqttStream {
  /** aedes' client, set by aedes. */
  declare client: object;
  /** The engine's client, set by the engine as soon as aedes has the connection. */
  declare owner: object;
}
