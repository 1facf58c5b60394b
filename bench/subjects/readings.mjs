import net from 'node:net';
import { createInterface } from 'node:readline';

/** The counter of a sketch is an unsigned int of 16 bits. */
const COUNTER_VALUES = 65_536;

/**
 * Subscribes to a channel by OOCSI and follows the counter `n` in its events.
 * @returns {Promise<{ first: Promise<void>, count: number, lost: number, duplicated: number, close: () => void }>}
 * @param {number} port
 * @param {string} channel
 */
export async function countReadings(port, channel) {
  const socket = net.connect({ host: '127.0.0.1', port, noDelay: true });
  /** @type {number | undefined} */
  let next;
  /** @type {() => void} */
  let hasFirst;
  /** @type {Promise<void>} */
  const first = new Promise((resolve, reject) => {
    hasFirst = resolve;
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the gateway closed the connection')));
  });
  // Whoever waits for the first reading is told; nobody else has to be.
  first.catch(() => {});
  const readings = { first, count: 0, lost: 0, duplicated: 0, close: () => void socket.destroy() };
  const lines = createInterface({ input: socket });
  // An interface passes its socket's errors on.
  lines.on('error', () => {});
  lines.on('line', (line) => {
    if (line === 'ping') socket.write('.\n');
    if (!line.includes('"n":')) return;
    const { n } = JSON.parse(line);
    if (next !== undefined && n !== next) {
      const ahead = (n - next + COUNTER_VALUES) % COUNTER_VALUES;
      if (ahead < COUNTER_VALUES / 2) readings.lost += ahead;
      else readings.duplicated++;
    }
    next = (n + 1) % COUNTER_VALUES;
    readings.count++;
    hasFirst();
  });
  socket.write(`bench-readings-${process.pid}(JSON)\nsubscribe ${channel}\n`);
  return readings;
}
