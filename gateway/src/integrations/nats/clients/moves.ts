import { objectIn, VERSION } from './answers.ts';

/** A client has come to a gateway; where it was before, something may wait for it. */
export interface Move {
  readonly id: string;
  readonly protocol: string;
  readonly account?: string | undefined;
}

export function encodeMove(move: Move): Uint8Array {
  return Buffer.from(JSON.stringify({ v: VERSION, ...move }));
}

/** undefined where the bytes are none, or of a version that is not known. */
export function decodeMove(bytes: Uint8Array): Move | undefined {
  const { id, protocol, account } = (objectIn(bytes) ?? {}) as Record<keyof Move, unknown>;
  if (typeof id !== 'string' || typeof protocol !== 'string' || id === '') return undefined;
  return account === undefined || typeof account === 'string' ? { id, protocol, account } : undefined;
}

/** `addresses`: of channels and topic filters, without passwords. */
export function encodeSubscriptions(addresses: readonly string[]): Uint8Array {
  return Buffer.from(JSON.stringify({ v: VERSION, subscriptions: addresses }));
}

/** undefined where the bytes are none, or of a version that is not known. */
export function decodeSubscriptions(bytes: Uint8Array): readonly string[] | undefined {
  const { subscriptions } = (objectIn(bytes) ?? {}) as { subscriptions?: unknown };
  const areTexts = Array.isArray(subscriptions) && subscriptions.every((each) => typeof each === 'string');
  return areTexts ? subscriptions : undefined;
}
