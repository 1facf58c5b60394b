import { randomHex } from './system.ts';

/** A message's id, as CrossComm makes it. */
export function freshMessageId(clientId: string): string {
  return `${clientId}_${Date.now()}_${randomHex(4)}`;
}
