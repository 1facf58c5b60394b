import type { Admission } from '../../access/admission.ts';
import type { Clock } from '../../common/clock.ts';
import type { ErrorCode } from '../../common/errors.ts';
import type { Egress } from '../../hub/egress.ts';
import type { Hub } from '../../hub/hub.ts';
import type { MqttEngine } from '../../mqtt-engine/contract.ts';
import type { Incidents } from '../../observability/incidents.ts';
import type { TakeFile } from './files.ts';
import type { MqttFrames } from './frames.ts';
import type { Calls, MqttSession } from './session.ts';

/** What the parts of this protocol share. */
export interface MqttParts {
  readonly hub: Hub;
  readonly access: Admission;
  readonly clock: Clock;
  readonly incidents: Incidents;
  /** A number from 0 up to but not including 1. */
  random(): number;
  readonly engine: MqttEngine<MqttSession>;
  /** The way out of the hub, which nothing takes that came in here. */
  readonly egress: Egress;
  /** Who serves device frames, if anyone does. */
  readonly frames: MqttFrames | undefined;
  readonly calls: Calls;
  /** Who takes files, if anyone does. */
  readonly takeFile: TakeFile | undefined;
  /** What the keys of all files that a client publishes begin with. */
  filesOf(client: string): string;
}

/** Tells what did not go through a bridge to another broker: `what` is said of the client that the bridge is here. */
export function reportBridge(
  { incidents }: Pick<MqttParts, 'incidents'>,
  who: string,
  code: ErrorCode,
  what: string,
): void {
  incidents.report({ door: 'bridge', who, code, message: `The bridge ${who} ${what}.` });
}

/** Tells what an MQTT client did wrong. `what` ends a sentence that begins with who it is. */
export function report({ incidents }: Pick<MqttParts, 'incidents'>, who: string, code: ErrorCode, what: string): void {
  incidents.report({ door: 'mqtt', who, code, message: `The MQTT client ${who} ${what}.` });
}
