import {
  decodeFrame,
  encodeFrame,
  type Frame,
  FrameClient,
  type FrameClientHandler,
  type FrameClientLink,
  type FrameClientOptions,
  type FrameClientState,
  type IncomingMessage,
  valueToJsonText,
  type Welcome,
} from '@crosscomm/protocol';
import type { FrameDevices } from '../../../../gateway/src/protocols/frames/devices.ts';
import type { FrameLink } from '../../../../gateway/src/protocols/frames/link.ts';
import type { FrameWire } from '../../../../gateway/src/protocols/frames/wire.ts';
import { buildFrameHouse, type FrameHouse } from '../../../../gateway/test/protocols/frames/support.ts';

/** What becomes of a frame on the way. */
export type Fate = 'arrives' | 'lost' | 'doubled' | 'cut';

/** A line between a client and a gateway in memory: frames lie on it until `carry` moves them. */
export class Line implements FrameClientLink, FrameWire {
  readonly peer = '127.0.0.1:50000';
  readonly noisy = true;
  readonly client: FrameClient;
  /** No room for more frames up. */
  full = false;
  isOpen = true;
  /** Frames up and down that are on the way. */
  readonly up: Uint8Array[] = [];
  readonly down: Uint8Array[] = [];
  readonly #gateway: FrameLink;

  constructor(client: FrameClient, devices: FrameDevices) {
    this.client = client;
    this.#gateway = devices.connect(this);
    client.linkUp(this);
  }

  send(frame: Uint8Array): boolean {
    if (this.full || !this.isOpen) return false;
    this.up.push(frame);
    return true;
  }

  /** The client gives it up. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#gateway.disconnected();
  }

  write(frame: Uint8Array): boolean {
    if (this.isOpen) this.down.push(frame);
    return this.isOpen;
  }

  /** The gateway gives it up. */
  end(): void {
    this.cut();
  }

  /** The connection breaks; what is on the way is lost. */
  cut(): void {
    if (!this.isOpen) return;
    this.close();
    this.client.linkDown();
  }

  /** Moves what is on the way, and what is answered, until nothing is left. */
  carry(fate: () => Fate = () => 'arrives'): void {
    while (this.isOpen && (this.up.length > 0 || this.down.length > 0)) {
      const goesUp = this.up.length > 0;
      const frame = (goesUp ? this.up : this.down).shift() as Uint8Array;
      const what = fate();
      if (what === 'cut') this.cut();
      if (what === 'cut' || what === 'lost') continue;
      for (let times = what === 'doubled' ? 2 : 1; times > 0; times--) {
        if (goesUp) this.#gateway.receive(frame);
        else this.client.receive(frame);
      }
    }
  }
}

export interface Party {
  client: FrameClient;
  line: Line;
  states: FrameClientState[];
  messages: IncomingMessage[];
  /** Opens a new line, and carries the greeting. */
  reconnect(devices?: FrameDevices): Line;
}

export function buildClient(
  house: FrameHouse,
  options: Partial<FrameClientOptions> = {},
  handler: FrameClientHandler = {},
): Pick<Party, 'client' | 'states' | 'messages'> {
  const states: FrameClientState[] = [];
  const messages: IncomingMessage[] = [];
  const client = new FrameClient(
    { deviceId: 'uno-1', clock: house.clock, random: house.random, ...options },
    { state: (state) => states.push(state), message: (message) => messages.push(message), ...handler },
  );
  return { client, states, messages };
}

/** A client that is online. */
export function openClient(
  house: FrameHouse,
  options: Partial<FrameClientOptions> = {},
  handler: FrameClientHandler = {},
): Party {
  const built = buildClient(house, options, handler);
  const party: Party = {
    ...built,
    line: new Line(built.client, house.devices),
    reconnect(devices = house.devices) {
      party.line.cut();
      party.line = new Line(built.client, devices);
      party.line.carry();
      return party.line;
    },
  };
  party.line.carry();
  return party;
}

/** Turns the clock, and carries what that moves, some milliseconds at a time. */
export function elapse(house: FrameHouse, party: Party, ms: number): void {
  for (let at = 0; at < ms; at += 50) {
    house.clock.advance(Math.min(50, ms - at));
    party.line.carry();
  }
}

/** Messages as texts, for comparison. */
export function texts(messages: IncomingMessage[]): string[] {
  return messages
    .splice(0)
    .map(({ channel, value, from }) => `${from} ${channel ?? 'inbox'} ${valueToJsonText(value)}`);
}

/** A client whose gateway is the test: what it sent, and a way to welcome it. */
export function scripted(): {
  house: FrameHouse;
  client: FrameClient;
  sent: Frame[];
  welcome: (fields: Pick<Welcome, 'session' | 'lastSeq'> & Partial<Welcome>) => void;
} {
  const house = buildFrameHouse();
  const { client } = buildClient(house);
  const sent: Frame[] = [];
  client.linkUp({ send: (bytes) => sent.push(decodeFrame(bytes)) > 0, close: () => {} });
  const limits = { maxFrame: 256, window: 256, maxAliases: 8, maxKeys: 8 };
  const rest = { type: 'welcome', version: 1, serverTime: 0, timeTrusted: false, limits } as const;
  return { house, client, sent, welcome: (fields) => client.receive(encodeFrame({ ...rest, ...fields })) };
}

export { buildFrameHouse, type FrameHouse };
