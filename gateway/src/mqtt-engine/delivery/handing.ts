import type { QoS } from '../codec/packets.ts';
import type { Handing } from '../store/contract.ts';
import type { Match } from '../store/subscription.ts';

const PLAIN: readonly Handing[] = [0, 1, 2].flatMap((qos) =>
  [false, true].map((retain): Handing => Object.freeze({ qos: qos as QoS, retain, identifiers: undefined })),
);

/** How a message of a QoS comes to whoever it matches, which is nearly always one of six ways. */
export function handingOf({ qos: most, identifiers, shared }: Match, published: QoS, retain: boolean): Handing {
  const qos = published < most ? published : most;
  if (identifiers === undefined && shared === undefined) return PLAIN[2 * qos + (retain ? 1 : 0)] as Handing;
  return { qos, retain, identifiers, shared };
}
