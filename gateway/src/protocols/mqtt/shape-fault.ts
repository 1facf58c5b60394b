import type { Hub } from '../../hub/hub.ts';
import type { Published } from '../../mqtt-engine/contract.ts';
import { isDollarTopic } from '../../mqtt-engine/topic-names.ts';
import { readPayload } from './payload.ts';
import { DIRECT, decodeLevel } from './topics.ts';

/** A message is not what messages there must be. */
export interface ShapeFault {
  readonly code: 'PEER_BAD_SHAPE';
  /** Part of a sentence. */
  readonly why: string;
  readonly isByRule: true;
}

/**
 * Why a publication does not fit where it goes. One that takes away what is retained says nothing and fits; the hub is asked when a call is passed
 * on, and when a file is stored.
 */
export function shapeFault(
  { shapes }: Pick<Hub, 'shapes'>,
  { topic, payload, properties, retain }: Published,
): ShapeFault | undefined {
  if (shapes === undefined || (retain && payload.length === 0)) return undefined;
  if (isDollarTopic(topic) && !topic.startsWith(DIRECT)) return undefined;
  const to = topic.startsWith(DIRECT) ? decodeLevel(topic.slice(DIRECT.length)) : topic;
  const misfit = shapes.has(to) ? shapes.misfitOf({ to, ...readPayload(payload, properties) }) : undefined;
  if (misfit === undefined) return undefined;
  const why = `it does not fit the shape that is enforced there: ${misfit}`;
  return { code: 'PEER_BAD_SHAPE', why, isByRule: true };
}
