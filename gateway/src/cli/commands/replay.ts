import { resolve } from 'node:path';
import { protocols } from '../../app/protocols.ts';
import { printable } from '../../common/printable.ts';
import { bytesOf, type OpenEvent } from '../../transports/recording/events.ts';
import type { RecordedProtocol } from '../../transports/recording/recorded-protocol.ts';
import type { Status } from '../../web/status-route.ts';
import { askGateway } from '../ask-gateway.ts';
import { type Reach, type ReachOptions, reachOf } from '../reach.ts';
import {
  type Connection,
  type ConnectionHandler,
  openTcp,
  openUdp,
  openWebSocket,
  type Place,
} from '../replay/connection.ts';
import { openAsFrames } from '../replay/frames-connection.ts';
import { type Played, play } from '../replay/player.ts';
import { readRecording } from '../replay/read-recording.ts';
import { lineOfInput } from '../secret-input.ts';
import { EXIT, type Shell, say, UsageError, warn } from '../shell.ts';

export interface ReplayOptions extends ReachOptions {
  to?: string[];
  speed?: string;
  clientSuffix?: string;
  passwordStdin?: boolean;
  json?: boolean;
}

const MAX_SPEED = 1000;
const SLIP_END = 0xc0;
/** Of each kind of difference, so many are named. */
const MAX_NAMED = 5;
const MAX_SHOWN = 160;

/** `crosscomm replay`: plays a recording against a gateway, and tells what differs in what comes back. */
export async function replay(shell: Shell, path: string, options: ReplayOptions): Promise<number> {
  const { to = [], speed, clientSuffix: suffix = '', account, passwordStdin, json = false, ...reach } = options;
  const times = speedOf(speed);
  const { head, happenings, lost } = await readRecording(resolve(shell.cwd, path));
  const secret = passwordStdin ? await lineOfInput(shell) : undefined;
  const places = await Places.find(shell, reach, to);
  const protocol = recordedProtocols();
  const authorization = secret === undefined ? undefined : basic(account ?? '-', secret);
  const hasFrames = (c: number): boolean =>
    happenings.some((event) => event.is === 'in' && event.c === c && bytesOf(event).includes(SLIP_END));
  if (!json)
    warn(shell, `Replaying ${printable(path)}, of gateway ${printable(head.gateway)}, against ${places.name}.`);
  if (lost > 0) warn(shell, `${lost} pieces are missing in the recording, so what follows them may differ.`);
  const played = await play({
    happenings,
    speed: times,
    as: { suffix, secret },
    protocol,
    open: (event, handler) => places.open(event, { authorization, hasFrames }, handler),
    ended: shell.ended,
  });
  for (const each of played) say(shell, json ? JSON.stringify(summaryOf(each)) : lineOf(each));
  if (!json) for (const each of played) tellDifferences(shell, each);
  return verdict(shell, played, json);
}

function speedOf(text: string | undefined): number {
  const speed = Number(text ?? 1);
  if (speed > 0 && speed <= MAX_SPEED) return speed;
  throw new UsageError(`--speed is a number above 0, at most ${MAX_SPEED}, not "${printable(text ?? '')}".`);
}

function recordedProtocols(): (name: string) => Promise<RecordedProtocol | undefined> {
  const loaded = new Map<string, Promise<RecordedProtocol> | undefined>();
  return async (name) => {
    if (!loaded.has(name)) loaded.set(name, protocols.find((each) => each.name === name)?.recording?.load());
    return await loaded.get(name);
  };
}

function basic(account: string, secret: string): string {
  return `Basic ${Buffer.from(`${account}:${secret}`).toString('base64')}`;
}

/** What connections are opened with. */
interface Bringing {
  /** In place of a header that was not recorded. */
  authorization: string | undefined;
  /** Whether a serial port carried frames. */
  hasFrames(c: number): boolean;
}

/** Where the listeners of a gateway are. */
class Places {
  readonly name: string;
  readonly #listeners: ReadonlyMap<string, Place>;

  /** Asks the gateway, unless all that matters is said by `to`. */
  static async find(shell: Shell, options: ReachOptions, to: readonly string[]): Promise<Places> {
    const said = new Map(to.map(placeOf));
    const at = await reachOf(shell, options);
    const { hostname, host } = new URL(at.url);
    try {
      const { doors } = (await askGateway(shell, at.url, 'GET', '/status', at)) as Status;
      return new Places(host, new Map([...listenersOf(doors, hostname, at), ...said]));
    } catch (error) {
      if (said.size === 0) throw error;
      return new Places([...said.keys()].join(', '), said);
    }
  }

  constructor(name: string, listeners: ReadonlyMap<string, Place>) {
    this.name = name;
    this.#listeners = listeners;
  }

  /** Opens a connection like one of the recording; a text where that cannot be done: why. */
  open(event: OpenEvent, { authorization, hasFrames }: Bringing, handler: ConnectionHandler): Connection | string {
    const { by, listener, credential, path = '/', subprotocol } = event;
    if (by === 'serial') {
      const http = this.#listeners.get('http');
      if (!hasFrames(event.c) || http === undefined) {
        return 'the lines of a serial port cannot be replayed from here; connect a board to the gateway';
      }
      return openAsFrames(http, handler);
    }
    const main = listener.replace(/Tls$/, '');
    const place = by === 'websocket' ? this.#listeners.get('http') : this.#listeners.get(main);
    if (place === undefined) return `the gateway has no listener ${by === 'websocket' ? 'http' : main}`;
    if (by === 'udp') return openUdp(place, handler);
    if (by === 'tcp') return openTcp(place, handler);
    // Where a credential is missing it is tried all the same: the gateway may let anybody in.
    const request = { path, subprotocol, authorization: credential === undefined ? undefined : authorization };
    return openWebSocket(place, request, handler);
  }
}

function placeOf(text: string): [string, Place] {
  const [, listener, host, port] = /^(\w+)=\[?([^\]]+?)\]?:(\d+)$/.exec(text) ?? [];
  if (listener === undefined || host === undefined || Number(port) > 65_535) {
    throw new UsageError(`--to is a listener and its address, such as mqtt=10.0.0.5:1883, not "${printable(text)}".`);
  }
  return [listener, { host, port: Number(port), tls: undefined }];
}

function listenersOf(doors: object, host: string, { ca, url }: Reach): [string, Place][] {
  const name = host.replace(/^\[|\]$/g, '');
  return Object.entries(doors).flatMap(([key, door]: [string, unknown]): [string, Place][] => {
    const { port, tls } = (door ?? {}) as { port?: unknown; tls?: unknown };
    if (typeof port !== 'number') return [];
    const isEncrypted = tls === 'required' || (key === 'http' && url.startsWith('wss:'));
    return [[key, { host: name, port, tls: isEncrypted ? { ...(ca && { ca }) } : undefined }]];
  });
}

function summaryOf({ event, skipped, comparison }: Played): object {
  const { c, client, protocol, by } = event;
  const { recorded, replayed } = comparison;
  const { missing, more } = comparison.differences();
  const told = { recorded, replayed, missing: Object.fromEntries(missing), more: Object.fromEntries(more) };
  return { c, client, protocol, by, ...(skipped === undefined ? told : { skipped }) };
}

function lineOf({ event, skipped, comparison }: Played): string {
  const { c, client, protocol, by } = event;
  const who = `${c}  ${printable(client)}  ${protocol} by ${by}`;
  if (skipped !== undefined) return `${who}  not replayed: ${printable(skipped)}`;
  const { missing, more } = comparison.differences();
  const { recorded, replayed } = comparison;
  const isSame = missing.length === 0 && more.length === 0;
  return `${who}  ${isSame ? `as recorded, ${replayed} came back` : `${replayed} came back, ${recorded} did when it was recorded`}`;
}

function tellDifferences(shell: Shell, { event, skipped, comparison }: Played): void {
  if (skipped !== undefined) return;
  const { missing, more } = comparison.differences();
  for (const [what, list] of [
    ['missing', missing],
    ['more', more],
  ] as const) {
    for (const [label, count] of list.slice(0, MAX_NAMED)) {
      const shown = label.length > MAX_SHOWN ? `${label.slice(0, MAX_SHOWN)}...` : label;
      say(shell, `${event.c}  ${what}${count > 1 ? ` ${count} times` : ''}: ${printable(shown)}`);
    }
    if (list.length > MAX_NAMED) say(shell, `${event.c}  ${what}: ${list.length - MAX_NAMED} others`);
  }
}

function verdict(shell: Shell, played: readonly Played[], json: boolean): number {
  const done = played.filter(({ skipped }) => skipped === undefined);
  const differ = done.filter(({ comparison }) => {
    const { missing, more } = comparison.differences();
    return missing.length > 0 || more.length > 0;
  });
  if (!json && done.length === 0) warn(shell, 'Nothing of it could be replayed.');
  return done.length > 0 && differ.length === 0 ? EXIT.fine : EXIT.failed;
}
