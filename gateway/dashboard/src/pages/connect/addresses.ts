import type { Guide, Listener, Overview } from '../../api/types.ts';

/** An address to connect to, as this page's own address says it is reached. */
export interface Address {
  text: string;
  who: string;
  isTlsOnly: boolean;
}

/** Where this page came from: `protocol` as in an address, `https:`. */
export interface Place {
  protocol: string;
  hostname: string;
  host: string;
}

/** The open ways of a protocol. */
export function addressesOf({ ways }: Guide, listeners: Overview['listeners'], place: Place): Address[] {
  return ways.flatMap((way) => {
    if (way.webSocket !== undefined) {
      const scheme = place.protocol === 'https:' ? 'wss' : 'ws';
      return [{ text: `${scheme}://${place.host}${way.webSocket}`, who: way.who, isTlsOnly: false }];
    }
    const listener = way.listener === undefined ? undefined : listenerIn(listeners, way.listener);
    if (!listener) return [];
    return [{ text: `${place.hostname}:${listener.port}`, who: way.who, isTlsOnly: listener.tls === 'required' }];
  });
}

/** A listener by its key; undefined while it is closed. */
export function listenerIn(listeners: Overview['listeners'], key: string): Listener | undefined {
  const found = listeners[key];
  if (typeof found !== 'object' || found === null || !('port' in found) || typeof found.port !== 'number')
    return undefined;
  const { port } = found;
  return 'tls' in found && typeof found.tls === 'string' ? { port, tls: found.tls } : { port };
}
