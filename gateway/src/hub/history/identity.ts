import type { Message } from '../message.ts';

/** A text that two have only where they are the same message, once retained and once remembered. */
export function identityOf({ to, from, timestampMs, body }: Message): string {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString('base64');
  return JSON.stringify([to, from, timestampMs, text]);
}
