import mqtt, { Store } from 'mqtt';

/** @import { IClientOptions, MqttClient } from 'mqtt' */

const GROUPS = 10;
/** How many messages of one publisher are on their way. */
const WINDOW = 10;
/** How many sessions are there at the same time, of all. */
const PRESENT = 1 / 10;
/** Nothing has come for so long: nothing comes twice any more; and what has not come never will. */
const QUIET_MS = 1500;
const LOST_MS = 20_000;
const LOOK_MS = 20;

/** The numbers of one topic's messages that one session has had. */
class Heard {
  #seen = new Uint8Array(1024);
  last = -1;
  twice = 0;
  /** Came behind a later one. */
  late = 0;

  /** @param {number} number */
  note(number) {
    if (number >= this.#seen.length) {
      const longer = new Uint8Array(2 * number);
      longer.set(this.#seen);
      this.#seen = longer;
    }
    if (this.has(number)) this.twice++;
    else if (number < this.last) this.late++;
    else this.last = number;
    this.#seen[number] = 1;
  }

  /** @param {number} number */
  has(number) {
    return this.#seen[number] === 1;
  }
}

/**
 * A client of its own id, whose session and unfinished handshakes outlive its connections.
 * @param {number} port
 * @param {string} clientId
 * @param {IClientOptions} more
 */
function client(port, clientId, more) {
  const made = mqtt.connect(`mqtt://127.0.0.1:${port}`, {
    ...{ clientId, clean: false, resubscribe: false, connectTimeout: 20_000, ...stores() },
    ...(more.protocolVersion === 5 && { properties: { sessionExpiryInterval: 86_400 } }),
    ...more,
  });
  made.on('error', () => {});
  return made;
}

/** What a client has of unfinished handshakes. */
function stores() {
  return { incomingStore: new Store({ clean: false }), outgoingStore: new Store({ clean: false }) };
}

/** One of those who are mostly away. */
class Sleeper {
  /** @type {Map<string, Heard>} */
  heard = new Map();
  isHere = false;
  isComing = false;
  /** How often it found its session gone. */
  losses = 0;
  /** @type {MqttClient} */
  #client;
  #isKnown = false;
  #stores = stores();

  /**
   * @param {number} port
   * @param {number} index
   * @param {() => void} heard
   */
  constructor(port, index, heard) {
    const protocolVersion = index % 2 === 0 ? 4 : 5;
    const more = { manualConnect: true, reconnectPeriod: 0, ...this.#stores };
    this.#client = client(port, `sleeper-${index}`, { protocolVersion, ...more });
    this.#client.on('message', (topic, payload) => {
      this.heard.get(topic)?.note(Number(payload.toString()));
      heard();
    });
    this.#client.on('connect', ({ sessionPresent }) => {
      this.isHere = true;
      this.isComing = false;
      if (this.#isKnown && !sessionPresent) this.losses++;
      this.#isKnown = true;
    });
    this.#client.on('close', () => {
      this.isHere = false;
      this.isComing = false;
    });
  }

  come() {
    if (this.isHere || this.isComing) return;
    this.isComing = true;
    // Without them it begins with new ones.
    this.#client.reconnect(this.#stores);
  }

  /** @param {string[]} topics */
  async subscribe(topics) {
    this.come();
    await until(() => this.isHere);
    for (const topic of topics) this.heard.set(topic, new Heard());
    await this.#client.subscribeAsync(topics, { qos: 2 });
  }

  /** Without a goodbye. */
  go() {
    if (this.isHere) this.#client.stream.destroy();
  }

  stop() {
    return this.#client.endAsync(true);
  }
}

/** Publishes numbers to one topic, each once. */
class Teller {
  /** @type {Set<number>} */
  acknowledged = new Set();
  waiting = 0;
  #next = 0;
  /** @type {MqttClient} */
  #client;

  /**
   * @param {number} port
   * @param {string} topic
   * @param {1 | 2} qos
   */
  constructor(port, topic, qos) {
    this.topic = topic;
    this.qos = qos;
    this.#client = client(port, `teller ${topic}`, { reconnectPeriod: 50, protocolVersion: qos === 1 ? 4 : 5 });
  }

  tell() {
    if (this.waiting >= WINDOW || !this.#client.connected) return;
    const number = this.#next++;
    this.waiting++;
    this.#client.publish(this.topic, String(number), { qos: this.qos }, (error) => {
      this.waiting--;
      if (!error) this.acknowledged.add(number);
    });
  }

  stop() {
    return this.#client.endAsync(true);
  }
}

/**
 * Many MQTT clients of both versions that have sessions and are mostly away, and some that publish for them with quality 1 and 2, while the
 * gateway is killed. Of what was acknowledged nothing may be lost, nothing of quality 2 may come twice, and nothing out of order.
 */
export class Crowd {
  /** @type {Sleeper[]} */
  #sleepers;
  /** @type {Teller[]} */
  #tellers;
  #random;
  #heardMs = performance.now();
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {number} port of the gateway, also when it is there again
   * @param {{ sessions: number, seed: number, everyMs: number, moves: number }} how `everyMs`: how often each publisher publishes;
   *   `moves`: for how many it is decided then whether they come or go
   */
  constructor(port, { sessions, seed, everyMs, moves }) {
    this.everyMs = everyMs;
    this.moves = moves;
    this.#random = seeded(seed);
    const heard = () => {
      this.#heardMs = performance.now();
    };
    this.#sleepers = Array.from({ length: sessions }, (_, index) => new Sleeper(port, index, heard));
    this.#tellers = Array.from({ length: GROUPS }, (_, group) => topicsOf(group)).flatMap(([one = '', two = '']) => [
      new Teller(port, one, 1),
      new Teller(port, two, 2),
    ]);
  }

  /** Resolves when all have their sessions; then they come and go, and messages are published. */
  async begin() {
    await Promise.all(this.#sleepers.map((each, index) => each.subscribe(topicsOf(index % GROUPS))));
    this.#timer = setInterval(() => {
      for (const teller of this.#tellers) teller.tell();
      for (let move = 0; move < this.moves; move++) {
        const sleeper = this.#sleepers[Math.floor(this.#random() * this.#sleepers.length)];
        if (this.#random() < PRESENT) sleeper?.come();
        else sleeper?.go();
      }
    }, this.everyMs);
  }

  /** How many messages were acknowledged to their publishers. */
  get acknowledged() {
    return this.#tellers.reduce((sum, { acknowledged }) => sum + acknowledged.size, 0);
  }

  /** How many were not, yet. */
  get waiting() {
    return this.#tellers.reduce((sum, { waiting }) => sum + waiting, 0);
  }

  /** Resolves when so many more were. @param {number} count */
  async more(count) {
    const enough = this.acknowledged + count;
    await until(() => this.acknowledged >= enough);
  }

  /** Everybody comes, and takes what waits; resolves with what is wrong, in sentences. */
  async finish() {
    clearInterval(this.#timer);
    await until(() => this.waiting === 0);
    await until(() => {
      for (const sleeper of this.#sleepers) sleeper.come();
      return this.#sleepers.every(({ isHere }) => isHere);
    });
    this.#heardMs = performance.now();
    await until(() => {
      const quietMs = performance.now() - this.#heardMs;
      return quietMs > LOST_MS || (quietMs > QUIET_MS && !this.#isMissing());
    });
    const faults = this.#sleepers.flatMap((sleeper, index) => this.#faultsOf(sleeper, `sleeper-${index}`));
    await Promise.all([...this.#sleepers, ...this.#tellers].map((each) => each.stop()));
    return faults;
  }

  /** True where somebody has not had all that was acknowledged. */
  #isMissing() {
    return this.#sleepers.some(({ heard }) =>
      this.#tellers.some(({ topic, acknowledged }) => {
        const had = heard.get(topic);
        return had !== undefined && [...acknowledged].some((number) => !had.has(number));
      }),
    );
  }

  /**
   * @param {Sleeper} sleeper
   * @param {string} name
   */
  #faultsOf({ heard, losses }, name) {
    const faults = losses > 0 ? [`${name} found its session gone`] : [];
    for (const { topic, qos, acknowledged } of this.#tellers) {
      const had = heard.get(topic);
      if (had === undefined) continue;
      const lost = [...acknowledged].filter((number) => !had.has(number));
      const of = `messages of quality ${qos} for ${name}`;
      if (lost.length > 0) faults.push(`${lost.length} ${of} were lost, ${topic} ${lost[0]} the first`);
      if (qos === 2 && had.twice > 0) faults.push(`${had.twice} ${of} came twice`);
      if (had.late > 0) faults.push(`${had.late} ${of} came behind later ones`);
    }
    return faults;
  }
}

/** @param {number} group */
function topicsOf(group) {
  return [`crowd/${group}/once or more`, `crowd/${group}/once`];
}

/** @param {() => boolean} condition */
async function until(condition) {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

/**
 * Numbers from 0 up to 1 that are the same each time.
 * @param {number} seed
 */
function seeded(seed) {
  let state = seed % 2147483647 || 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
