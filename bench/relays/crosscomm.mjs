import { WebSocketServer } from 'ws';
import { portOf } from '../port.mjs';

/**
 * The least CrossComm server that could do the job: parses, stamps, routes, sends. No limits, no heartbeat.
 * @type {Map<string | undefined, import("ws").WebSocket>}
 */
const clients = new Map();

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });

server.on('connection', (socket) => {
  /** @type {string | undefined} */
  let id;
  socket.on('error', () => {});
  socket.on('message', (bytes) => {
    const message = JSON.parse(bytes.toString());
    if (message.msg_type === 'login') {
      id = message.from_client_id;
      clients.set(id, socket);
      socket.send(
        JSON.stringify({
          msg_id: `server_${Date.now()}_00000000`,
          from_client_id: 'server',
          to_client_id: id,
          msg_type: 'login_response',
          content: { status: 'success' },
          timestamp: Date.now() / 1000,
          oss_key: null,
        }),
      );
      return;
    }
    message.from_client_id = id;
    const text = JSON.stringify(message);
    if (message.to_client_id === 'all') {
      const once = Buffer.from(text);
      for (const client of clients.values()) if (client !== socket) client.send(once, { binary: false });
    } else clients.get(message.to_client_id)?.send(text);
  });
  socket.on('close', () => {
    if (clients.get(id) === socket) clients.delete(id);
  });
});

server.on('listening', () => {
  console.log(JSON.stringify({ event: 'ready', port: portOf(server) }));
});
