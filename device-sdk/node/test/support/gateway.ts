import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CrossCommOptions, CrossCommService, type Status } from '@crosscomm/client';
import { EventQueue, type LineEvent } from '@crosscomm/testing/json-lines';
import { ownPort } from '@crosscomm/testing/own-port';
import { type RunningGateway, startGateway } from '../../../../gateway/src/app/start-gateway.ts';

/** A gateway in this process, on ports of its own, that can be ended and started again at the same address. */
export class TestGateway {
  readonly #dataDir = mkdtempSync(join(tmpdir(), 'crosscomm-client-'));
  readonly #users: ReadonlyMap<string, string> | undefined;
  readonly #clients: TestClient[] = [];
  #running: RunningGateway | undefined;
  readonly #ports = { http: ownPort(), oocsi: ownPort(), mqtt: ownPort() };

  constructor(users?: ReadonlyMap<string, string>) {
    this.#users = users;
  }

  get http(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.#ports.http };
  }

  get oocsi(): { host: string; port: number } {
    return { host: '127.0.0.1', port: this.#ports.oocsi };
  }

  get mqttPort(): number {
    return this.#ports.mqtt;
  }

  async start(): Promise<void> {
    const configuration = {
      dataDir: this.#dataDir,
      http: { port: this.#ports.http },
      oocsi: { port: this.#ports.oocsi },
      mqtt: { port: this.#ports.mqtt },
      oss: { port: 0 },
      serial: { autoDetect: false },
    };
    this.#running = await startGateway(configuration, this.#users ? { users: this.#users } : {});
  }

  /** A client that is not logged in yet. */
  client(clientId: string, options: CrossCommOptions = {}): TestClient {
    const client = new TestClient({ clientId, ...this.http, ...options });
    this.#clients.push(client);
    return client;
  }

  /** A client that is online. */
  async login(clientId: string, options: CrossCommOptions = {}): Promise<TestClient> {
    const client = this.client(clientId, options);
    await client.service.login();
    return client;
  }

  /** Logs out all the clients there were. */
  async logoutAll(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map(({ service }) => service.logout()));
  }

  async stop(): Promise<void> {
    await this.#running?.stop();
    this.#running = undefined;
  }

  async dispose(): Promise<void> {
    await this.stop();
    rmSync(this.#dataDir, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A client whose messages and states are events that a test waits for. */
export class TestClient {
  readonly service: CrossCommService;
  readonly events: EventQueue;

  constructor(options: CrossCommOptions) {
    this.service = new CrossCommService(options);
    this.events = new EventQueue(this.service.clientId);
    this.service.messageListener({}, (message) => this.events.push({ event: 'message', ...message }));
    this.service.statusListener((status) => this.events.push({ event: 'status', ...status }));
  }

  /** The first message with this content that nobody took yet. */
  message(content: unknown): Promise<LineEvent> {
    const text = JSON.stringify(content);
    return this.events.take(`message ${text}`, (event) => {
      return event.event === 'message' && JSON.stringify(event.content) === text;
    });
  }

  status(state: Status['state']): Promise<LineEvent> {
    return this.events.take(`status ${state}`, (event) => event.event === 'status' && event.state === state);
  }
}
