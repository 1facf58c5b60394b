import { openSync, write } from 'node:fs';
import net from 'node:net';
import { Level } from 'level';
import { portOf } from '../port.mjs';

/**
 * The floor of the broker's jobs: the least that Node can do to read and write what a broker of MQTT 3.1.1 reads and writes. It
 * knows what it will be asked, checks nothing and has no limits. Topics are told apart by their first two levels. What has to be there
 * after a power cut is appended to a file, in one write for a read, before it is acknowledged; or, where it is to be in a database, put into
 * LevelDB, in one batch for a read, by the shortest way into it: each retained message under its topic, and what is queued in one piece.
 */

/** How many messages await each client that asks for a session. */
const queuedForEach = Number(process.argv[2] ?? 0);
const isDatabase = process.argv[3] === 'database';

const CONNECT = 1;
const PUBLISH = 3;
const PUBREC = 5;
const PUBREL = 6;
const SUBSCRIBE = 8;

/**
 * A client; who is away has no socket, and a queue if it will come back.
 * @typedef {{ socket: net.Socket | undefined, out: Buffer[], queue: Buffer[] | undefined }} Peer
 */
/** @typedef {{ _put(key: string, value: Buffer): void, _write(options: object): Promise<void> }} Batch what LevelDB itself has */
/** @typedef {{ peers: Set<Peer>, retained: Map<string, Buffer> }} Route */

/** @type {Map<string, Peer>} */
const sessions = new Map();
/** @type {Map<string, Route>} */
const routes = new Map();
/** @type {Peer[]} */
let waiting = [];
const file = openSync('floor.log', 'a');
const database = isDatabase ? new Level('floor') : undefined;
await database?.open();
/** The numbers of what has no topic to be found by. */
let numbers = 0;

/** @param {string} topic */
function keyOf(topic) {
  const second = topic.indexOf('/', topic.indexOf('/') + 1);
  return second < 0 ? topic : topic.slice(0, second);
}

/** @param {string} topic */
function routeOf(topic) {
  const key = keyOf(topic);
  const route = routes.get(key) ?? { peers: new Set(), retained: new Map() };
  routes.set(key, route);
  return route;
}

/**
 * What goes to one client in one turn of the event loop is written at once.
 * @param {Peer} peer
 * @param {Buffer} bytes
 */
function send(peer, bytes) {
  if (waiting.length === 0) setImmediate(flush);
  if (peer.out.length === 0) waiting.push(peer);
  peer.out.push(bytes);
}

function flush() {
  const peers = waiting;
  waiting = [];
  for (const peer of peers) {
    peer.socket?.write(peer.out.length === 1 ? peer.out[0] : Buffer.concat(peer.out));
    peer.out = [];
  }
}

class Connection {
  /** @type {Peer} */
  #peer;
  /** What it subscribes to.
   * @type {string[]}
   */
  #filters = [];
  #socket;
  /** @type {Buffer | undefined} */
  #rest = undefined;
  /** @type {number[]} */
  #answers = [];
  /**
   * What has to be on disk before the answers go out, with its key.
   * @type {[string, Buffer][]}
   */
  #staged = [];

  /** @param {net.Socket} socket */
  constructor(socket) {
    this.#socket = socket;
    this.#peer = { socket, out: [], queue: undefined };
    socket.on('error', () => {});
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('close', () => {
      this.#peer.socket = undefined;
      if (this.#peer.queue === undefined) this.#forget();
    });
  }

  /** @param {Buffer} chunk */
  #read(chunk) {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let position = 0;
    /** Messages that follow one another to one place go there in one piece, which begins here.
     * @type {Route | undefined}
     */
    let route;
    let begin = 0;
    while (bytes.length - position >= 2) {
      let at = position + 1;
      let size = bytes[at] & 127;
      for (let shift = 7; bytes[at++] > 127 && at < bytes.length; shift += 7) size |= (bytes[at] & 127) << shift;
      const end = at + size;
      if (end > bytes.length) break;
      const kind = bytes[position] >> 4;
      const next = kind === PUBLISH ? this.#publish(bytes, position, at, end) : undefined;
      if (next !== route) {
        if (route !== undefined) this.#forward(route, bytes.subarray(begin, position));
        route = next;
        begin = position;
      }
      if (kind !== PUBLISH) this.#control(kind, bytes, at, end);
      position = end;
    }
    if (route !== undefined) this.#forward(route, bytes.subarray(begin, position));
    this.#rest = position < bytes.length ? bytes.subarray(position) : undefined;
    this.#answer();
  }

  #forget() {
    for (const filter of this.#filters) {
      const { peers, retained } = routeOf(filter);
      peers.delete(this.#peer);
      if (peers.size + retained.size === 0) routes.delete(keyOf(filter));
    }
  }

  #answer() {
    if (this.#answers.length === 0) return;
    const answers = Buffer.from(this.#answers);
    this.#answers = [];
    const staged = this.#staged;
    this.#staged = [];
    if (staged.length === 0) send(this.#peer, answers);
    else if (database === undefined) {
      const bytes = staged.map(([, each]) => each);
      write(file, Buffer.concat(bytes), () => this.#socket.write(answers));
    } else put(database, staged).then(() => this.#socket.write(answers));
  }

  /**
   * @param {Route} route
   * @param {Buffer} messages
   */
  #forward(route, messages) {
    for (const peer of route.peers) {
      if (peer.socket !== undefined) send(peer, messages);
      else if (peer.queue !== undefined) {
        peer.queue.push(messages);
        this.#staged.push([`queue/${numbers++}`, messages]);
      }
    }
  }

  /**
   * @param {Buffer} bytes
   * @param {number} position
   * @param {number} at
   * @param {number} end
   */
  #publish(bytes, position, at, end) {
    const id = at + 2 + ((bytes[at] << 8) | bytes[at + 1]);
    const topic = bytes.toString('latin1', at + 2, id);
    const route = routeOf(topic);
    const qos = (bytes[position] >> 1) & 3;
    if (qos > 0) this.#answers.push(qos === 1 ? 0x40 : 0x50, 2, bytes[id], bytes[id + 1]);
    if (bytes[position] & 1) {
      // As a message of QoS 0, whose length is one byte as well.
      const kept = Buffer.concat([bytes.subarray(position, id), bytes.subarray(id + 2, end)]);
      kept[0] = 0x31;
      kept[1] -= 2;
      route.retained.set(topic, kept);
      this.#staged.push([topic, kept]);
    }
    return route;
  }

  /**
   * @param {number} kind
   * @param {Buffer} bytes
   * @param {number} at
   * @param {number} end
   */
  #control(kind, bytes, at, end) {
    if (kind === PUBREC) this.#answers.push(0x62, 2, bytes[at], bytes[at + 1]);
    else if (kind === PUBREL) this.#answers.push(0x70, 2, bytes[at], bytes[at + 1]);
    else if (kind === CONNECT) this.#connect((bytes[at + 7] & 2) === 0, bytes.toString('latin1', at + 12, end));
    else if (kind === SUBSCRIBE) {
      const filter = bytes.toString('latin1', at + 4, end - 1);
      const { peers, retained } = routeOf(filter);
      this.#filters.push(filter);
      peers.add(this.#peer);
      send(this.#peer, Buffer.from([0x90, 3, bytes[at], bytes[at + 1], bytes[end - 1]]));
      if (retained.size > 0) send(this.#peer, Buffer.concat([...retained.values()]));
    }
  }

  /**
   * @param {boolean} isKept
   * @param {string} id
   */
  #connect(isKept, id) {
    const known = isKept ? sessions.get(id) : undefined;
    if (isKept) {
      this.#peer = known ?? { socket: undefined, out: [], queue: queueOf(queuedForEach) };
      this.#peer.socket = this.#socket;
      sessions.set(id, this.#peer);
    }
    send(this.#peer, Buffer.from([0x20, 2, known === undefined ? 0 : 1, 0]));
    for (const messages of this.#peer.queue ?? []) send(this.#peer, messages);
    if (this.#peer.queue !== undefined) this.#peer.queue = [];
  }
}

/** @param {number} count */
function queueOf(count) {
  const topic = [0, 1, 0x71];
  const message = (/** @type {number} */ id) => [0x32, 69, ...topic, 0, id, ...Buffer.alloc(64, 'x')];
  return Array.from({ length: count }, (_, index) => Buffer.from(message(index + 1)));
}

/**
 * As the gateway does, without what level does to each change of a batch.
 * @param {object} to
 * @param {[string, Buffer][]} staged
 * @returns {Promise<void>}
 */
function put(to, staged) {
  const batch = /** @type {{ _chainedBatch(): Batch }} */ (to)._chainedBatch();
  for (const [key, value] of staged) batch._put(key, value);
  return batch._write({});
}

const server = net.createServer({ noDelay: true }, (socket) => {
  new Connection(socket);
});

server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ event: 'ready', port: portOf(server) }));
});
