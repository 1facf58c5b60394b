import type { DataFrameInit, Value } from '@crosscomm/protocol';
import type { Message } from '../../hub/message.ts';
import type { Names } from './names.ts';
import { kindOf } from './values-codec.ts';

/** Ids by which the gateway itself speaks. */
const GATEWAY_IDS: ReadonlySet<string> = new Set(['', 'server', 'SERVER']);

/** How a device is sent a message. */
export interface MessageFrameOptions {
  /** The recipient, as the device calls it; null: the device itself. */
  to: number | string | null;
  names: Names;
  /** Whether it asked to be told of kinds that its values do not show. */
  takesKinds: boolean;
}

/** The frame of a message, whose content is `value`. */
export function messageFrame(
  message: Message,
  value: Value,
  { to, names, takesKinds }: MessageFrameOptions,
): DataFrameInit {
  const kind = takesKinds ? kindOf(message, value) : undefined;
  const frame = { type: 'message', ...names.pack({ to, value }), from: senderOf(message) } as const;
  return kind === undefined ? frame : { ...frame, kind };
}

/** Who sent a message, as frames say it; null: the gateway itself. */
export function senderOf({ from }: Message): string | null {
  return GATEWAY_IDS.has(from) ? null : from;
}
