import net from 'node:net';
import { createInterface } from 'node:readline';
import mqtt from 'mqtt';
import { WebSocket } from 'ws';

/** @import { SoakMessage } from '../types.ts' */
/** @import { Gateway } from './gateway.mjs' */
/** @import { Ledger } from './ledger.mjs' */

const AGAIN_MS = 100;
/** @typedef {{ s: string, id: string, n: number, t: number }} Wire what a message of the soak is on the wire */
/**
 * What is sent in a soak has these fields; `id` is the sender's, and `t` when it was sent.
 * @param {Partial<Wire>} fields
 * @returns {SoakMessage | undefined}
 */
const messageIn = ({ s: source, id: sender, n: number, t: sentMs }) =>
  source === undefined || sender === undefined || number === undefined || sentMs === undefined
    ? undefined
    : { source, sender, number, sentMs };

/**
 * An MQTT client with a session that outlives its connections, subscribed with quality 1.
 * @param {Ledger} ledger
 * @param {string} name
 * @param {Gateway} gateway
 * @param {string[]} topics
 */
export function readByMqtt(ledger, name, gateway, topics) {
  const client = mqtt.connect(`mqtt://127.0.0.1:${gateway.ports.mqtt}`, {
    clientId: name,
    clean: false,
    reconnectPeriod: AGAIN_MS,
    connectTimeout: 5000,
  });
  /** @type {() => void} */
  let subscribed;
  /** @type {Promise<void>} */
  const ready = new Promise((resolve) => {
    subscribed = resolve;
  });
  client.on('connect', ({ sessionPresent }) => {
    ledger.connected(name);
    if (!sessionPresent) client.subscribe(topics, { qos: 1 }, subscribed);
  });
  client.on('close', () => ledger.disconnected(name));
  client.on('error', () => {});
  client.on('message', (_topic, payload, { dup }) => {
    const message = messageIn(JSON.parse(payload.toString()));
    if (message) ledger.heard(name, message, dup);
  });
  return { ready, stop: () => client.endAsync(true) };
}

/**
 * Keeps one connection after the other, until it is stopped. `open` returns the socket, and calls its argument once at its end.
 * @param {(ended: () => void) => { destroy(): void }} open
 */
function keepConnected(open) {
  let stopped = false;
  /** @type {{ destroy(): void }} */
  let current;
  const again = () => {
    current = open(() => stopped || setTimeout(() => stopped || again(), AGAIN_MS));
  };
  again();
  return {
    stop() {
      stopped = true;
      current.destroy();
    },
  };
}

/**
 * An OOCSI client. It has what comes while it is connected.
 * @param {Ledger} ledger
 * @param {string} name
 * @param {Gateway} gateway
 * @param {string[]} channels
 */
export function readByOocsi(ledger, name, gateway, channels) {
  return keepConnected((ended) => {
    const socket = net.connect({ host: '127.0.0.1', port: gateway.ports.oocsi, noDelay: true });
    socket.on('error', () => {});
    socket.on('close', () => {
      ledger.disconnected(name);
      ended();
    });
    socket.write(`${name}(JSON)\n${channels.map((channel) => `subscribe ${channel}\n`).join('')}`);
    const lines = createInterface({ input: socket });
    // An interface passes its socket's errors on.
    lines.on('error', () => {});
    lines.on('line', (line) => {
      if (line === 'ping') socket.write('.\n');
      else if (line.includes('welcome')) ledger.connected(name);
      else if (line.includes('"t":')) {
        const message = messageIn(JSON.parse(line));
        if (message) ledger.heard(name, message);
      }
    });
    return socket;
  });
}

/**
 * A CrossComm client that hears channels, and says something itself every `everyMs`, which nobody acknowledges.
 * @param {Ledger} ledger
 * @param {string} name
 * @param {Gateway} gateway
 * @param {{ listenTo: string[], sayTo: string, everyMs: number }} what
 */
export function talkByCrossComm(ledger, name, gateway, { listenTo, sayTo, everyMs }) {
  let number = 0;
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  return keepConnected((ended) => {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.ports.http}/`, { perMessageDeflate: false });
    /**
     * @param {string} to
     * @param {string} type
     * @param {unknown} content
     */
    const send = (to, type, content) => {
      const frame = {
        msg_id: `${name}_${Date.now()}_${number}`,
        from_client_id: name,
        to_client_id: to,
        msg_type: type,
      };
      socket.send(JSON.stringify({ ...frame, content, timestamp: Date.now() / 1000, oss_key: null }));
    };
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(timer);
      ledger.disconnected(name);
      ended();
    });
    socket.on('open', () => {
      send('server', 'login', {});
      send('server', 'dict', { subscribe: listenTo });
      clearInterval(timer);
      timer = setInterval(() => {
        const sentMs = performance.now();
        ledger.sent('CrossComm', name, ++number, sentMs);
        send(sayTo, 'dict', { s: 'CrossComm', id: name, n: number, t: sentMs });
      }, everyMs);
    });
    socket.on('message', (data) => {
      const { msg_type: type, content } = JSON.parse(data.toString());
      if (type === 'login_response') ledger.connected(name);
      const message = type === 'dict' ? messageIn(content) : undefined;
      if (message) ledger.heard(name, message);
    });
    return { destroy: () => socket.terminate() };
  });
}
