import { connect } from 'node:net';
import { WebSocket } from 'ws';

/** @import { Target } from '../types.ts' */

const CLIENTS = 40;

/**
 * Clients that subscribe to `count` topic filters, half of them by OOCSI and half by CrossComm, of which none matches what
 * the bench sends. Resolves when every subscription stands, to a function that ends them.
 * @param {Record<string, Target>} targets
 * @param {number} count
 */
export async function watchByFilters(targets, count) {
  /** @type {(() => void)[]} */
  const ends = [];
  for (let client = 0; client < CLIENTS; client++) {
    const filters = Array.from({ length: count / CLIENTS }, (_, index) => `site/${client}/+/room-${index}/#`);
    const watch = client % 2 === 0 ? byOocsi : byCrossComm;
    ends.push(await watch(targets, `watcher-${client}`, filters));
  }
  return () => {
    for (const end of ends) end();
  };
}

/**
 * @param {Record<string, Target>} targets
 * @param {string} id
 * @param {string[]} filters
 * @returns {Promise<() => void>}
 */
function byOocsi({ oocsi }, id, filters) {
  return new Promise((resolve, reject) => {
    const socket = connect(oocsi.port, oocsi.host, () => {
      const lines = [`${id}(JSON)`, ...filters.map((filter) => `subscribe ${filter}`), 'clients'];
      socket.write(`${lines.join('\n')}\n`);
    });
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', reject);
    socket.on('data', (/** @type {string} */ data) => {
      if (data.startsWith('ping')) socket.write('.\n');
      text = `${text}${data}`.slice(-10_000);
      // The list of clients answers what was asked last.
      if (text.split('\n').length > 2) resolve(() => socket.destroy());
    });
  });
}

/**
 * @param {Record<string, Target>} targets
 * @param {string} id
 * @param {string[]} filters
 * @returns {Promise<() => void>}
 */
function byCrossComm({ crosscomm }, id, filters) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://${crosscomm.host}:${crosscomm.port}${crosscomm.path}`);
    /**
     * @param {string} msg_type
     * @param {unknown} content
     */
    const say = (msg_type, content) => {
      const head = { msg_id: `${id}-1`, from_client_id: id, to_client_id: 'server' };
      socket.send(JSON.stringify({ ...head, msg_type, content, timestamp: 1, oss_key: null }));
    };
    socket.on('error', reject);
    socket.on('open', () => {
      say('login', {});
      say('dict', { subscribe: filters });
      say('list_clients', '{"only_show_online": true}');
    });
    socket.on('message', (data) => {
      if (data.toString().includes('list_clients_response')) resolve(() => socket.terminate());
    });
  });
}
