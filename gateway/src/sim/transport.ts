import { gatewayAddress } from '../common/gateway-address.ts';
import { SimError } from './error.ts';
import type { Transport } from './link.ts';
import { MqttTransport } from './links/mqtt.ts';
import { PtyTransport } from './links/pty.ts';
import { WebSocketTransport } from './links/websocket.ts';
import type { Random } from './random.ts';

export interface WireOptions {
  /** `ws://`, `wss://`, `http://`, `mqtt://` with host and port, or a host and port alone, which is a WebSocket. */
  url: string;
  /** A folder for pseudo-terminals; where it is given, `url` is not used. */
  ptyFolder?: string | undefined;
  deviceIds: readonly string[];
  maxFrame: number;
  noiseOneIn: number;
  random: Random;
}

export interface Wire {
  transport: Transport;
  /** The credentials in the address. */
  user?: string;
  password?: string;
}

const MQTT_PORT = 1883;

/** Opens the way to the gateway that was asked for; nothing is connected yet. Throws SimError. */
export async function openWire(options: WireOptions): Promise<Wire> {
  const { ptyFolder, url: text, noiseOneIn } = options;
  if (ptyFolder !== undefined) return { transport: await PtyTransport.open({ ...options, folder: ptyFolder }) };
  if (noiseOneIn > 0) {
    throw new SimError('--noise needs --pty: noise is of serial lines, other wires have checksums of their own.');
  }
  const url = gatewayAddress(text, ['ws:', 'wss:', 'mqtt:']);
  if (!url) {
    throw new SimError(
      `"${text}" is not the address of a gateway: write it like ws://127.0.0.1:9898 or mqtt://127.0.0.1.`,
    );
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
  url.username = '';
  url.password = '';
  return { transport: new WebSocketTransport(url.href), ...credentials };
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
