import type { Hub } from '../hub/hub.ts';
import type { Principal } from './principal.ts';

/** A message that its sender was not allowed to send. */
export interface RefusedMessage {
  /** As its sender wrote it; a password in it is left out of what is written down. */
  readonly to: string;
  readonly size?: number | undefined;
  readonly reason: 'rule' | 'quota';
  /** Part of a sentence. */
  readonly why: string;
}

/** Has it written down, for those who look for it, that a message was refused before it set out. */
export function noteRefused(
  hub: Pick<Hub, 'tracer' | 'privateNameOf'>,
  { id, protocol }: Pick<Principal, 'id' | 'protocol'>,
  { to, size, reason, why }: RefusedMessage,
): void {
  const { tracer } = hub;
  if (!tracer.takeLostRoom()) return;
  const name = to.includes(':') ? (hub.privateNameOf(to, { passwords: true }) ?? to) : to;
  tracer.open({ from: id, to: name, protocol, size }).end(0, reason, why);
}
