import { SimError } from './error.ts';
import type { Transport } from './link.ts';
import { MqttTransport } from './links/mqtt.ts';
import { WebSocketTransport } from './links/websocket.ts';

/** A way to a gateway, with what its address says of who comes by it. */
export interface GatewayTransport {
  transport: Transport;
  user?: string;
  password?: string;
}

const MQTT_PORT = 1883;

/**
 * The way to the gateway at `url`, `ws:` or `wss:` for WebSockets, `mqtt:` for MQTT over TCP; nothing is connected yet. A name and a
 * password in the address are the devices'.
 *
 * @throws SimError where it is no such address
 */
export function transportTo(url: URL): GatewayTransport {
  if (!['ws:', 'wss:', 'mqtt:'].includes(url.protocol)) {
    throw new SimError(`"${url.href}" is not the address of a gateway: it begins with ws://, wss:// or mqtt://.`);
  }
  const user = decoded(url.username);
  const password = decoded(url.password);
  const credentials = user === '' ? {} : { user, password };
  if (url.protocol === 'mqtt:') {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = url.port === '' ? MQTT_PORT : Number(url.port);
    const login = user === '' ? {} : { username: user, password };
    return { transport: new MqttTransport({ host, port, ...login }), ...credentials };
  }
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  bare.hash = '';
  return { transport: new WebSocketTransport(bare.href), ...credentials };
}

/** A name or password out of a URL. Throws SimError. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new SimError(
      'A % in the name or password of the address must be followed by two hex digits: write %25 for it.',
    );
  }
}
