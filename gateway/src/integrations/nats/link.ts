import { readFile } from 'node:fs/promises';
import type { ConnectionOptions, Msg, NatsConnection } from '@nats-io/transport-node';
import { Backoff } from '../../common/backoff.ts';
import type { Clock } from '../../common/clock.ts';
import type { Log } from '../../common/log.ts';
import type { ClusterConfig } from '../../config/cluster.ts';
import type { Bus } from './bus.ts';

export interface LinkParts {
  config: ClusterConfig;
  clock: Clock;
  log: Log;
  random: () => number;
  /** The link came up: the first time, or again. */
  up(connection: NatsConnection): void;
  down(): void;
  /** While it is up: a server of the cluster came or went. */
  serversChanged(connection: NatsConnection): void;
}

/** How it stands with the link to the NATS servers. */
export interface LinkState {
  readonly isUp: boolean;
  /** The server that it goes to, or went to last. */
  readonly server: string | null;
  readonly serverVersion: string | null;
  /** Since when it is up or down, by `Clock.now`. */
  readonly sinceMs: number;
  /** Why it is down, as a sentence without its full stop. */
  readonly fault: string | null;
}

/** Older servers ignore what is asked of them without a word, such as how long a key lives. */
const MIN_SERVER = [2, 12];
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5000;
/** A server that is silent for twice this time is given up. */
const PING_MS = 5000;
/** As servers have it that are not told otherwise. */
const DEFAULT_MAX_PAYLOAD = 2 ** 20;

const NOT_ALLOWED = 'The NATS servers do not let this gateway hear the others: look at its permissions there.';

interface Subscribed {
  readonly subject: string;
  readonly take: (message: Msg) => void;
  undo: (() => void) | undefined;
}

/**
 * The connection to the NATS servers. It is sought again and again, at the start and after each break. Subscriptions outlast breaks; what is
 * published while it is down goes nowhere: the client library would queue that without a bound, and then drop it.
 */
export class NatsLink implements Bus {
  readonly #parts: LinkParts;
  readonly #backoff: Backoff;
  readonly #subscribed = new Set<Subscribed>();
  #connection: NatsConnection | undefined;
  #isUp = false;
  #isClosed = false;
  #endWait: (() => void) | undefined;
  #state: Omit<LinkState, 'isUp'>;

  constructor(parts: LinkParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(FIRST_RETRY_MS, LONGEST_RETRY_MS, parts.random);
    this.#state = {
      server: null,
      serverVersion: null,
      sinceMs: parts.clock.now(),
      fault: 'it is being sought',
    };
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get state(): LinkState {
    return { isUp: this.#isUp, ...this.#state };
  }

  /** Begins to seek a server; resolves at once. */
  start(): void {
    void this.#connect();
  }

  publish(subject: string, payload: Uint8Array, reply?: string): boolean {
    if (!this.#isUp) return false;
    try {
      this.#connection?.publish(subject, payload, reply === undefined ? undefined : { reply });
      return true;
    } catch (error) {
      this.#parts.log.warn(
        { err: error, subject: subject.slice(0, 200) },
        'A message could not be published to the NATS servers.',
      );
      return false;
    }
  }

  get maxPayload(): number {
    return this.#connection?.info?.max_payload ?? DEFAULT_MAX_PAYLOAD;
  }

  subscribe(subject: string, take: (payload: Uint8Array, subject: string) => void): () => void {
    return this.#subscribe(subject, ({ data, subject: sent }) => take(data, sent));
  }

  serve(subject: string, answer: (payload: Uint8Array) => Uint8Array | Promise<Uint8Array> | undefined): () => void {
    return this.#subscribe(subject, (message) => {
      const answered = answer(message.data);
      if (answered instanceof Promise) void answered.then((later) => this.#isUp && message.respond(later));
      else if (answered !== undefined) message.respond(answered);
    });
  }

  async request(subject: string, payload: Uint8Array, timeoutMs: number): Promise<Uint8Array | undefined> {
    const connection = this.#connection;
    if (!this.#isUp || connection === undefined) return undefined;
    try {
      return (await connection.request(subject, payload, { timeout: timeoutMs })).data;
    } catch (error) {
      this.#parts.log.debug({ err: error, subject }, 'nobody answered');
      return undefined;
    }
  }

  #subscribe(subject: string, take: Subscribed['take']): () => void {
    const subscribed: Subscribed = { subject, take, undo: undefined };
    this.#subscribed.add(subscribed);
    if (this.#connection !== undefined) this.#begin(this.#connection, subscribed);
    return () => {
      this.#subscribed.delete(subscribed);
      subscribed.undo?.();
    };
  }

  /** Sends what is published already, for a second at most, and ends the connection. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#endWait?.();
    const connection = this.#connection;
    const wasUp = this.#isUp;
    this.#isUp = false;
    if (connection === undefined) return;
    if (wasUp) await Promise.race([connection.flush(), this.#pause(1000)]).catch(() => {});
    await connection.close().catch(() => {});
  }

  async #connect(): Promise<void> {
    if (this.#isClosed) return;
    try {
      const [{ connect }, options] = await Promise.all([import('@nats-io/transport-node'), this.#options()]);
      const connection = await connect(options);
      if (this.#isClosed) {
        await connection.close();
        return;
      }
      const fault = faultOfVersion(connection.info?.version);
      if (fault !== undefined) {
        await connection.close();
        throw new Error(fault);
      }
      this.#connected(connection);
    } catch (error) {
      this.#down(reasonOf(error));
      this.#endWait = this.#parts.clock.after(this.#backoff.next(), () => void this.#connect());
    }
  }

  #connected(connection: NatsConnection): void {
    this.#connection = connection;
    for (const subscribed of this.#subscribed) this.#begin(connection, subscribed);
    void this.#watch(connection);
    this.#up(connection);
  }

  #begin(connection: NatsConnection, subscribed: Subscribed): void {
    const { subject, take } = subscribed;
    const subscription = connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) take(message);
        else this.#parts.log.error({ code: 'CLUSTER_REFUSED', subject, err: error }, NOT_ALLOWED);
      },
    });
    subscribed.undo = () => subscription.unsubscribe();
  }

  async #watch(connection: NatsConnection): Promise<void> {
    for await (const status of connection.status()) {
      if (this.#isClosed) return;
      if (status.type === 'disconnect') this.#down('the connection broke');
      else if (status.type === 'reconnect') this.#up(connection);
      else if (status.type === 'update') this.#parts.serversChanged(connection);
      else if (status.type === 'error') {
        this.#parts.log.warn({ code: 'CLUSTER_REFUSED', err: status.error }, 'The NATS servers refused something.');
      }
    }
    if (this.#isClosed) return;
    // The library gave up, as after a refused credential.
    this.#connection = undefined;
    for (const subscribed of this.#subscribed) subscribed.undo = undefined;
    this.#down('the connection was ended');
    this.#endWait = this.#parts.clock.after(this.#backoff.next(), () => void this.#connect());
  }

  #up(connection: NatsConnection): void {
    const { clock, log } = this.#parts;
    this.#backoff.reset();
    this.#isUp = true;
    const server = connection.getServer();
    const serverVersion = connection.info?.version ?? null;
    this.#state = { server, serverVersion, sinceMs: clock.now(), fault: null };
    log.info({ server, serverVersion }, 'connected to the other gateways');
    this.#parts.up(connection);
  }

  #down(fault: string): void {
    const { clock, log } = this.#parts;
    const isNews = this.#isUp || this.#state.fault !== fault;
    if (this.#isUp || this.#state.fault === null) this.#state = { ...this.#state, sinceMs: clock.now() };
    this.#state = { ...this.#state, fault };
    const wasUp = this.#isUp;
    this.#isUp = false;
    if (isNews)
      log.warn(
        { code: 'CLUSTER_UNREACHABLE', reason: fault },
        'not connected to the other gateways; it is tried again and again',
      );
    if (wasUp) this.#parts.down();
  }

  async #options(): Promise<ConnectionOptions> {
    const { servers, gateway } = this.#parts.config;
    return {
      servers: [...servers],
      name: `CrossComm gateway ${gateway}`,
      noEcho: true,
      maxReconnectAttempts: -1,
      reconnectDelayHandler: () => this.#backoff.next(),
      pingInterval: PING_MS,
      maxPingOut: 2,
      ...(await this.#proof()),
    };
  }

  async #proof(): Promise<ConnectionOptions> {
    const { config } = this.#parts;
    const { user, passwordFile, tokenFile, credentialsFile, seedFile, authorityFile, certificateFile, keyFile } =
      config;
    const { credsAuthenticator, nkeyAuthenticator } = await import('@nats-io/transport-node');
    const secret = async (path: string): Promise<string> => (await readFile(path, 'utf8')).trim();
    const isSecure = authorityFile !== undefined || certificateFile !== undefined;
    return {
      ...(user !== undefined && { user, pass: passwordFile === undefined ? '' : await secret(passwordFile) }),
      ...(tokenFile !== undefined && { token: await secret(tokenFile) }),
      ...(credentialsFile !== undefined && { authenticator: credsAuthenticator(await readFile(credentialsFile)) }),
      ...(seedFile !== undefined && { authenticator: nkeyAuthenticator(Buffer.from(await secret(seedFile))) }),
      ...(isSecure && {
        tls: {
          ...(authorityFile !== undefined && { caFile: authorityFile }),
          ...(certificateFile !== undefined && { certFile: certificateFile }),
          ...(keyFile !== undefined && { keyFile }),
        },
      }),
    };
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#parts.clock.after(ms, resolve));
  }
}

function faultOfVersion(version: string | undefined): string | undefined {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  const [needsMajor, needsMinor] = MIN_SERVER as [number, number];
  if (major > needsMajor || (major === needsMajor && minor >= needsMinor)) return undefined;
  return `the NATS server is of version ${version}, and has to be ${MIN_SERVER.join('.')} or later`;
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
