import type { Socket } from 'node:net';
import type { Clock } from '../common/clock.ts';
import { hostInUrl } from '../common/host-in-url.ts';
import { isFromHere, isLoopback, THIS_MACHINE } from '../common/loopback.ts';
import type { Address } from './listen.ts';

/** An open port and its connections. */
export interface Listener {
  /** Where it really listens. */
  readonly address: Address;
  /** How many connections are open now. */
  readonly connections: number;
  /** Accepts no more connections, and ends every connection when it has sent its queue, or after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** Where the other end of a socket is: `192.168.1.20:50312`, `[::1]:50312`; `127.0.0.1:50312` for any address of this machine. */
export function peerOf(socket: Pick<Socket, 'remoteAddress' | 'remotePort' | 'localAddress'>): string {
  const { remoteAddress, remotePort } = socket;
  if (remoteAddress === undefined) return 'unknown';
  // Asked in this order, as the system has to be asked for the near end.
  if (!isLoopback(remoteAddress) && isFromHere(socket)) return `${THIS_MACHINE}:${remotePort}`;
  return `${hostInUrl(remoteAddress)}:${remotePort}`;
}

/** Waits until `done`, at most `graceMs`, then calls `force` and waits for what that brings about. */
export async function closeWithin(
  clock: Clock,
  graceMs: number,
  done: Promise<void>,
  force: () => void,
): Promise<void> {
  const cancel = clock.after(graceMs, force);
  await done;
  cancel();
}
