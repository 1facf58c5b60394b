import { addressOf } from '../../common/peer-address.ts';
import {
  allFrom,
  type ConnectionView,
  type Look,
  passwordsOf,
  type RecordedProtocol,
  slipLengthOf,
  type Way,
} from '../../transports/recording/recorded-protocol.ts';
import type { ConnectionFacts } from '../../transports/taps.ts';
import { decodePacket, OscError, type OscMessage } from './read-codec.ts';
import { clientIdOf } from './session.ts';
import { END, unescapeSlip } from './slip.ts';

const LENGTH_BYTES = 4;
const MAX_LENGTH = 0xff_ffff;
const FOLLOWING = new Set(['/subscribe', '/unsubscribe']);

/** Open Sound Control, by UDP and TCP. Its clients have no names but their addresses, so another one comes when they are replayed. */
export const recordedOsc: RecordedProtocol = {
  view: (facts) => new OscView(facts),
};

class OscView implements ConnectionView {
  readonly #clients: readonly string[];
  readonly #isStream: boolean;

  constructor({ by, peer }: Pick<ConnectionFacts, 'by' | 'peer'>) {
    this.#isStream = by !== 'udp';
    this.#clients = [clientIdOf(addressOf(peer), Number(peer.slice(peer.lastIndexOf(':') + 1)))];
  }

  lengthOf(_way: Way, bytes: Buffer): number | undefined {
    if (bytes[0] === END) return slipLengthOf(bytes);
    if (bytes.length < LENGTH_BYTES) return undefined;
    const length = bytes.readUInt32BE(0);
    // Out of step: nothing more can be read of it.
    return length > MAX_LENGTH ? bytes.length : LENGTH_BYTES + length;
  }

  look(_way: Way, unit: Buffer, isWhole: boolean): Look {
    const clients = this.#clients;
    const messages = isWhole ? this.#read(unit) : undefined;
    if (messages === undefined) return { clients, ...(isWhole || unit.length < 2 ? {} : allFrom(1, unit)) };
    const follows = messages.filter(({ address }) => FOLLOWING.has(address)).flatMap(({ args }) => args);
    const names = follows.flatMap((arg) =>
      arg.type === 's' || arg.type === 'S' ? [arg.value.replace(/^\//, '')] : [],
    );
    const addresses = [...messages.map(({ address }) => address.slice(1)), ...names].filter((name) =>
      name.includes(':'),
    );
    const text = unit.toString('latin1');
    const secrets = addresses.flatMap((address) => passwordsOf(address, text));
    const port = follows.find(({ type }) => type === 'i' || type === 'f');
    const answerPort = port?.type === 'i' || port?.type === 'f' ? port.value : undefined;
    return { clients, secrets, answerPort };
  }

  label(way: Way, unit: Buffer): string | undefined {
    if (way === 'in') return undefined;
    const messages = this.#read(unit);
    if (messages === undefined) return unit.length > 1 ? `${unit.length} bytes that are no OSC` : undefined;
    return messages.map(({ address, args }) => `${address} ${args.map(shownArgument).join(' ')}`).join('; ');
  }

  rejoin(unit: Buffer): Buffer {
    return unit;
  }

  #read(unit: Buffer): OscMessage[] | undefined {
    const packet = this.#isStream ? packetIn(unit) : unit;
    try {
      return packet && decodePacket(packet);
    } catch (error) {
      if (error instanceof OscError) return undefined;
      throw error;
    }
  }
}

/** The packet in a unit of a stream; undefined where there is none. */
function packetIn(unit: Buffer): Uint8Array | undefined {
  if (unit[0] !== END) return unit.subarray(LENGTH_BYTES);
  return unit.length < 2 ? undefined : unescapeSlip(unit.subarray(1, -1));
}

function shownArgument(arg: OscMessage['args'][number]): string {
  const { type } = arg;
  const value = 'value' in arg ? arg.value : '';
  return `${type}:${value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value)}`;
}
