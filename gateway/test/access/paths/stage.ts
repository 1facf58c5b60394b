import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { decodeFrame, type FrameInit } from '@crosscomm/protocol';
import { accountOf } from '@crosscomm/testing/accounts';
import { OocsiClient } from '@crosscomm/testing/oocsi-client';
import { secretToken } from '@crosscomm/testing/secrets';
import { WebSocketDevice } from '@crosscomm/testing/websocket-device';
import mqtt from 'mqtt';
import { WebSocket } from 'ws';
import type { Account } from '../../../src/access/account.ts';
import { type RunningGateway, startGateway } from '../../../src/app/start-gateway.ts';
import { accountsFile } from '../../../src/storage/accounts-file.ts';

/** The channel that one of them may use and the other may not. */
export const SECRET = 'left/secret';
/** Where both may speak and hear. */
export const SHARED = 'class/all';

/** Somebody with an account. */
export interface Person {
  readonly account: string;
  readonly token: string;
}

/** What somebody is reached by: all that came, and a way to know that what was sent before has come. */
export interface Ear {
  text(): string;
  settle(): Promise<void>;
}

/** Waits until the gateway has carried out everything that the client sent before. */
export async function carriedOut(client: OocsiClient): Promise<void> {
  client.send('ping');
  await client.takeLine((line) => line.trim() === '.');
}

/** Somebody who has yet to be let in. */
export function person(account: string): Person {
  return { account, token: secretToken() };
}

function record({ account, token }: Person, ...roles: string[]): Account {
  return accountOf(account, { token, roles });
}

/** What the gateway says of others, and its own clients: each gets of it what it may know. */
const SERVICES = [
  'OOCSI_events',
  'OOCSI_connections',
  'OOCSI_channels',
  'OOCSI_clients',
  'heyOOCSI!',
  'heyOOCSIClient',
  'behaviours',
];

/** All that a role of one side may do: its own channels, clients and objects, what is shared, and no more. */
function side(name: string): object[] {
  const topics = [`${name}/#`, 'class/#', '%a', '%c', ...SERVICES];
  const keys = ['cross_comm/%a/#', 'cross_comm/%c/#', `cross_comm/${name}-files/#`];
  return [
    { allow: ['send', 'subscribe', 'presence', 'call'], topics },
    { allow: ['upload', 'read'], topics: keys },
  ];
}

/** A gateway with two accounts that may not hear each other, and one that may do everything. */
export class Stage {
  readonly gateway: RunningGateway;
  readonly boss: Person;
  readonly lena: Person;
  readonly rita: Person;
  /** As lena, but without the right to call. */
  readonly nora: Person;
  /** Whose files only one of them may read. */
  uploader = 'left-files';
  readonly #ends: (() => unknown)[] = [];
  #count = 0;

  readonly #remove: () => Promise<void>;

  private constructor(
    gateway: RunningGateway,
    people: Record<'boss' | 'lena' | 'rita' | 'nora', Person>,
    remove: () => Promise<void>,
  ) {
    this.gateway = gateway;
    this.boss = people.boss;
    this.lena = people.lena;
    this.rita = people.rita;
    this.nora = people.nora;
    this.#remove = remove;
  }

  /** `more`: the accounts of others who are there; `config`: what the configuration has besides. */
  static async open(more: readonly Account[] = [], roles: object = {}, config: object = {}): Promise<Stage> {
    const dataDir = await mkdtemp(join(tmpdir(), 'crosscomm-paths-'));
    const [boss, lena, rita, nora] = [person('boss'), person('lena'), person('rita'), person('nora')];
    const accounts = [
      record(boss, 'admin'),
      record(lena, 'left'),
      record(rita, 'right'),
      record(nora, 'left', 'silent'),
      ...more,
    ];
    await accountsFile(dataDir).save(accounts);
    const port = { host: '127.0.0.1', port: 0 };
    const gateway = await startGateway({
      ...{ dataDir, http: port, oocsi: port, mqtt: port, oss: port, serial: { autoDetect: false } },
      history: { channels: ['left/#'] },
      ...config,
      auth: {
        anonymous: 'deny',
        roles: { left: side('left'), right: side('right'), silent: [{ deny: 'call' }], ...roles },
      },
    });
    return new Stage(gateway, { boss, lena, rita, nora }, () =>
      rm(dataDir, { recursive: true, force: true, maxRetries: 5 }),
    );
  }

  async close(): Promise<void> {
    await this.rest();
    await this.gateway.stop();
    await this.#remove();
  }

  /** Calls `end` when a row has been walked. */
  ends(end: () => unknown): void {
    this.#ends.push(end);
  }

  /** Ends every client. */
  async rest(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }

  /** An id that a person owns and nobody has yet. */
  idOf({ account }: Person): string {
    return `${account}-${++this.#count}`;
  }

  async oocsi(who: Person, id = this.idOf(who)): Promise<OocsiClient> {
    const client = await OocsiClient.open(this.gateway.doors.oocsi.port, `${id}:${who.token}`);
    this.#ends.push(() => client.close());
    const greeting = await client.takeLine(() => true);
    if (!greeting.includes('welcome')) throw new Error(`refused: ${greeting}`);
    return client;
  }

  /** What an OOCSI client is sent once it has said these lines. */
  async oocsiEar(who: Person, ...lines: string[]): Promise<Ear> {
    const client = await this.oocsi(who);
    const settle = (): Promise<void> => carriedOut(client);
    for (const line of lines) client.send(line);
    await settle();
    return { text: () => client.kept.join('\n'), settle };
  }

  /** Says a line as an OOCSI client. */
  async oocsiSays(who: Person, line: string): Promise<void> {
    const client = await this.oocsi(who);
    client.send(line);
    await carriedOut(client);
  }

  async mqtt(
    who: Person,
    options: mqtt.IClientOptions = {},
    hear: mqtt.OnMessageCallback = () => {},
  ): Promise<mqtt.MqttClient> {
    const client = mqtt.connect({
      ...{ host: '127.0.0.1', port: this.gateway.doors.mqtt.port, clientId: this.idOf(who), reconnectPeriod: 0 },
      ...{ username: who.account, password: who.token, ...options },
    });
    this.ends(() => client.endAsync(true));
    client.on('message', hear);
    client.on('error', () => {});
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve());
      client.once('error', reject);
      client.once('close', () => reject(new Error('the connection was refused')));
    });
    return client;
  }

  /** What an MQTT client is sent once it is connected, also what waited for it. */
  async mqttEarOf(who: Person, options: mqtt.IClientOptions): Promise<Ear & { client: mqtt.MqttClient }> {
    let text = '';
    const client = await this.mqtt(who, options, (topic, payload) => {
      text += `${topic} ${payload}\n`;
    });
    return {
      client,
      text: () => text,
      async settle() {
        if (client.connected) await client.publishAsync(`${SHARED}/settled`, '', { qos: 1 });
      },
    };
  }

  /** A CrossComm client that has logged in; what it is sent is text. */
  async crosscomm(
    who: Person,
    id = this.idOf(who),
  ): Promise<{ ear: Ear; send(type: string, to: string, content: unknown): void }> {
    const { port } = this.gateway.doors.http;
    const socket = new WebSocket(`ws://${who.account}:${who.token}@127.0.0.1:${port}/`);
    this.#ends.push(() => socket.close());
    let text = '';
    socket.on('message', (data) => {
      text += `${data}\n`;
    });
    socket.on('error', () => {});
    await once(socket, 'open');
    const send = (type: string, to: string, content: unknown): void => {
      const envelope = { msg_id: `${id}_1`, from_client_id: id, to_client_id: to, msg_type: type, content };
      socket.send(JSON.stringify({ ...envelope, timestamp: 1, oss_key: null }));
    };
    const comes = (type: string): Promise<void> =>
      new Promise((resolve, reject) => {
        socket.on('message', (data) => String(data).includes(type) && resolve());
        socket.once('close', () => reject(new Error('the connection was closed')));
      });
    const settle = async (): Promise<void> => {
      const answered = comes('list_clients_response');
      send('list_clients', 'server', { only_show_online: true });
      await answered;
    };
    const welcomed = comes('login_response');
    send('login', 'server', '');
    await welcomed;
    return { ear: { text: () => text, settle }, send };
  }

  /** A device of frames that was welcomed. */
  async device(who: Person): Promise<{ ear: Ear; say(...frames: FrameInit[]): void }> {
    const device = await WebSocketDevice.connect(this.gateway.doors.http.port);
    this.#ends.push(() => device.socket.close());
    let text = '';
    device.socket.on('message', (data: Buffer) => {
      text += `${inspect(decodeFrame(data), { depth: 9 })}\n`;
    });
    const hello = { version: 1, deviceId: this.idOf(who), bootId: 7, maxFrame: 512 } as const;
    device.say({ type: 'hello', ...hello, user: who.account, password: who.token });
    await device.take('welcome');
    const settle = async (): Promise<void> => {
      device.say({ type: 'ping' });
      await device.take('pong');
    };
    return { say: (...frames) => device.say(...frames), ear: { text: () => text, settle } };
  }

  /** Changes the roles of an account as its administrator does. */
  async setRoles({ account }: Person, ...roles: string[]): Promise<void> {
    const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ roles }) };
    const answer = await this.http(this.boss, `/api/v1/accounts/${account}/roles`, init);
    if (!answer.ok) throw new Error(await answer.text());
  }

  /** Stores a file that only one of them may read; its key. */
  async putFile(name: string): Promise<string> {
    const path = `/objects/${encodeURIComponent(name)}?from=${encodeURIComponent(this.uploader)}`;
    const answer = await this.http(this.boss, path, { method: 'PUT', body: name });
    return ((await answer.json()) as { key: string }).key;
  }

  /** Asks by HTTP. */
  http(who: Person, path: string, init: RequestInit = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${who.token}`, ...(init.headers as Record<string, string> | undefined) };
    return fetch(`http://127.0.0.1:${this.gateway.doors.http.port}${path}`, { ...init, headers });
  }
}
