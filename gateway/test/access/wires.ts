import type { Socket } from 'node:net';
import { encodeFrame, type FrameInit } from '@crosscomm/protocol';
import type { FrameDevice } from '@crosscomm/testing/frame-device';
import { buildHouse, type HouseOptions, MemoryWire, type TestHouse } from '@crosscomm/testing/test-hub';
import { CrossCommSession } from '../../src/protocols/crosscomm/session.ts';
import { DeviceLog } from '../../src/protocols/device-log.ts';
import { LineDeviceSession } from '../../src/protocols/lines/session.ts';
import type { OscArgument } from '../../src/protocols/osc/argument.ts';
import type { OscLink } from '../../src/protocols/osc/link.ts';
import { decodePacket } from '../../src/protocols/osc/read-codec.ts';
import { OscSession } from '../../src/protocols/osc/session.ts';
import { encodeMessage } from '../../src/protocols/osc/write-codec.ts';
import type { TextSession } from '../../src/transports/wire.ts';
import { createWebServer } from '../../src/web/server.ts';
import { field, packet, publishPacket, startBroker, subscribePacket } from '../mqtt-engine/support.ts';
import { frame } from '../protocols/crosscomm/frames.ts';
import { buildFrameHouse } from '../protocols/frames/support.ts';
import { connect, connectWeb } from '../protocols/oocsi/parties.ts';

/** One client of a wire, which has asked to be let in under its name. */
export interface Newcomer {
  /** Sends `{"n": n, "pad": pad}`, or what the wire makes of it, to the channel `news`. */
  send(n: number, pad?: string): void;
  subscribe(channel: string): void;
  /** Its connection breaks. */
  leave(): void;
  /** True where it was told that it may not come in. */
  readonly isRefused: boolean;
}

export interface WireHouse {
  house: TestHouse;
  join(id: string, password?: string): Promise<Newcomer>;
  close(): Promise<void>;
}

/** A way to come in, as its clients see it; `listener` is its `door` in the log. */
export interface WireKind {
  name: string;
  listener: string;
  open(options?: HouseOptions): Promise<WireHouse>;
}

const event = (n: number, pad: string): string => JSON.stringify({ n, pad });

/** A house and clients whose sessions are driven by text. */
function textWire(
  name: string,
  listener: string,
  begin: (house: TestHouse, id: string, password?: string) => { session: TextSession; wire: MemoryWire },
  say: { send(data: string, id: string): string; subscribe(channel: string, id: string): string },
): WireKind {
  return {
    name,
    listener,
    async open(options) {
      const house = buildHouse(options);
      return {
        house,
        async join(id, password) {
          const { session, wire } = begin(house, id, password);
          return {
            send: (n, pad = '') => session.receive(say.send(event(n, pad), id)),
            subscribe: (channel) => session.receive(say.subscribe(channel, id)),
            leave: () => session.disconnected(),
            get isRefused() {
              // A serial port is not told, and stays open.
              return wire.ended !== undefined || (session as { state?: string }).state === 'refused';
            },
          };
        },
        close: async () => {},
      };
    },
  };
}

const crosscomm = textWire(
  'CrossComm',
  'crosscomm',
  (house, id, password) => {
    const wire = new MemoryWire();
    const credentials = password === undefined ? undefined : { username: id, password };
    const options = { heartbeatTimeoutMs: 60_000, maxMessageBytes: 1e6 };
    const session = new CrossCommSession(wire, house, options, credentials);
    session.receive(frame({ from_client_id: id, msg_type: 'login', content: {} }));
    return { session, wire };
  },
  {
    send: (data, id) =>
      frame({ from_client_id: id, to_client_id: 'news', msg_type: 'dict', content: JSON.parse(data) as object }),
    subscribe: (channel, id) =>
      frame({ from_client_id: id, to_client_id: 'server', msg_type: 'dict', content: { subscribe: [channel] } }),
  },
);

const handle = (id: string, password?: string): string => (password === undefined ? id : `${id}:${password}`);

const oocsi = textWire(
  'OOCSI',
  'oocsi',
  (house, id, password) => {
    const party = connect(house);
    party.session.receive(`${handle(id, password)}(JSON)`);
    return party;
  },
  { send: (data) => `sendraw news ${data}`, subscribe: (channel) => `subscribe ${channel}` },
);

/** Its clients may come without a name. */
export const OOCSI_WEB = textWire(
  'OOCSI in web pages',
  'oocsi',
  (house, id, password) => {
    const party = connectWeb(house);
    party.session.receive(handle(id, password));
    return party;
  },
  { send: (data) => `sendjson news ${data}`, subscribe: (channel) => `subscribe ${channel}` },
);

const lines = textWire(
  'lines of a serial port',
  'serial',
  (house, id) => {
    const wire = new MemoryWire('/dev/ttyUSB0');
    const options = { id, channels: [], maxLineBytes: 4096, deviceLog: new DeviceLog() };
    const session = new LineDeviceSession(house, wire, options);
    session.start();
    return { session, wire };
  },
  {
    send: (data) => JSON.stringify({ to: 'news', ...(JSON.parse(data) as object) }),
    subscribe: (channel) => JSON.stringify({ to: 'server', subscribe: [channel] }),
  },
);

const frames: WireKind = {
  name: 'device frames',
  listener: 'frames',
  async open(options) {
    const house = buildFrameHouse({}, options);
    return {
      house,
      async join(id, password) {
        const device = house.connect();
        const hello: FrameInit = { type: 'hello', version: 1, deviceId: id, bootId: 7, maxFrame: 4096 };
        device.say(encodeFrame(password === undefined ? hello : { ...hello, user: id, password }));
        let alias = 0;
        return {
          send: (n, pad = '') =>
            device.say({ type: 'message', to: 'news', value: new Map(Object.entries({ n, pad })) }),
          subscribe: (channel) => device.say({ type: 'alias', alias: alias++, channel, flags: 1 }),
          leave: () => device.unplug(),
          get isRefused() {
            return isRefused(device);
          },
        };
      },
      close: async () => house.devices.stop(),
    };
  },
};

function isRefused(device: FrameDevice): boolean {
  return device.take().some(({ type }) => type === 'error');
}

const mqtt: WireKind = {
  name: 'MQTT',
  listener: 'mqtt',
  async open(options = {}) {
    const { users, prove, quotas } = options;
    const broker = await startBroker({ users, prove, quotas });
    return {
      house: broker.house,
      async join(id, password) {
        const socket = await broker.dial();
        const answer: Buffer[] = [];
        socket.on('data', (chunk: Buffer) => answer.push(chunk));
        socket.write(connectWith(id, password));
        return newcomerOf(socket, answer);
      },
      close: () => broker.close(),
    };
  },
};

/** A CONNECT of MQTT 3.1.1 with a clean session. */
function connectWith(id: string, password?: string): Buffer {
  const login = password === undefined ? [] : [field(id), field(password)];
  const flags = password === undefined ? 0x02 : 0xc2;
  return packet(0x10, field('MQTT'), Buffer.from([4, flags, 0, 0]), field(id), ...login);
}

function newcomerOf(socket: Socket, answer: readonly Buffer[]): Newcomer {
  return {
    send: (n, pad = '') => void socket.write(publishPacket('news', event(n, pad))),
    subscribe: (channel) => void socket.write(subscribePacket(channel)),
    leave: () => void socket.destroy(),
    get isRefused() {
      const bytes = Buffer.concat(answer);
      return bytes[0] === 0x20 && bytes[3] !== 0;
    },
  };
}

/** What HTTP asks under a name of its own, or under one that it makes up. */
function http(name: string, ask: (id: string) => { method: 'GET' | 'POST'; url: string; payload?: object }): WireKind {
  return {
    name,
    listener: 'http',
    async open(options) {
      const house = buildHouse(options);
      const app = await createWebServer({ context: house, serviceTimeoutMs: 1800, maxBodyBytes: 4096 });
      return {
        house,
        async join(id) {
          let status = 0;
          void app.inject(ask(id)).then(({ statusCode }) => {
            status = statusCode;
          });
          const nothing = (): void => {};
          return {
            send: nothing,
            subscribe: nothing,
            leave: nothing,
            get isRefused() {
              return status >= 400;
            },
          };
        },
        close: () => app.close(),
      };
    },
  };
}

const sender = http('a sender by HTTP', (id) => ({ method: 'POST', url: '/send/news', payload: { sender: id } }));
const httpClient = http('a client by HTTP', () => ({ method: 'GET', url: '/service/call' }));

/** A program that speaks OSC, which is called after where it sends from and has no place for a password. */
const osc: WireKind = {
  name: 'OSC',
  listener: 'osc',
  async open(options) {
    const house = buildHouse(options);
    return {
      house,
      async join() {
        let isRefused = false;
        const link: OscLink = {
          peer: '10.0.0.7:50000',
          deliver: () => 'delivered',
          answerAt: () => undefined,
          answeredThere: () => [session],
          reserve: () => true,
          free: () => {},
          subscribed: () => {},
          refused: () => {
            isRefused = true;
          },
          end: () => {},
        };
        const session = new OscSession(house, link, { address: '10.0.0.7', port: 50_000 });
        const say = (address: string, args: readonly OscArgument[]): void =>
          session.receive(decodePacket(encodeMessage(address, args)));
        const send = (n: number): void => say('/news', [{ type: 'i', value: n }]);
        send(0);
        return {
          send,
          subscribe: (channel) => say('/subscribe', [{ type: 's', value: channel }]),
          leave: () => session.disconnected(),
          get isRefused() {
            return isRefused;
          },
        };
      },
      close: async () => {},
    };
  },
};

/** The wires whose clients are online, and send. */
export const ONLINE: readonly WireKind[] = [crosscomm, oocsi, OOCSI_WEB, lines, frames, mqtt];
/** Every wire whose clients say what they are called. */
export const NAMED: readonly WireKind[] = [...ONLINE, sender];
/** Those that have a place for a password. */
export const WITH_PASSWORD: readonly WireKind[] = NAMED.filter((kind) => kind !== lines && kind !== sender);
/** Every place where anybody joins. */
export const ALL: readonly WireKind[] = [...NAMED, httpClient, osc];
