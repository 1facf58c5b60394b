import { randomHex } from './system.ts';

/** An id for a client that was given none. The gateway knows by its form that nobody comes back under it. */
export function freshClientId(): string {
  return `js-${randomHex(3)}`;
}

/** The parts of `user:password@host`; the first two are undefined where there is only a host. */
export function parseIp(ip: string): { user: string | undefined; password: string | undefined; host: string } {
  const at = ip.lastIndexOf('@');
  if (at < 0) return { user: undefined, password: undefined, host: ip };
  const [user = '', ...rest] = ip.slice(0, at).split(':');
  return {
    user: decode(user),
    password: decode(rest.join(':')),
    host: ip.slice(at + 1),
  };
}

/** What is not percent-encoded is meant as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
