import {
  allFrom,
  type ConnectionView,
  type Look,
  type RecordedProtocol,
  type Rejoin,
  type Span,
  type Way,
} from '../../transports/recording/recorded-protocol.ts';
import { labelOfFrame, lookAtFrame, rejoinFrame } from '../frames/recording.ts';
import {
  type Change,
  type Parts,
  PartsReader,
  packetLength,
  readConnectParts,
  readPublishParts,
  withChanges,
} from './packet-parts.ts';

const CONNECT = 1;
const CONNACK = 2;
const PUBLISH = 3;
const SUBSCRIBE = 8;
const AUTH = 15;
const VERSION_3 = 4;
const VERSION_5 = 5;
/** Topics whose messages are frames of a device. */
const FRAMES = '$frames/';
const NAMES = [
  ...['reserved', 'CONNECT', 'CONNACK', 'PUBLISH', 'PUBACK', 'PUBREC', 'PUBREL', 'PUBCOMP', 'SUBSCRIBE', 'SUBACK'],
  ...['UNSUBSCRIBE', 'UNSUBACK', 'PINGREQ', 'PINGRESP', 'DISCONNECT', 'AUTH'],
];
/** Acknowledgements come in another order each time, and a ping may come or not. */
const SILENT = new Set([12, 13]);
/** A payload in words is at most so long. */
const MAX_SHOWN = 200;
/** How many topic aliases are kept in mind. */
const MAX_ALIASES = 1000;

/** MQTT of all versions, by TCP and WebSocket. */
export const recordedMqtt: RecordedProtocol = {
  view: () => new MqttView(),
};

class MqttView implements ConnectionView {
  #version = VERSION_3;
  readonly #aliases: Record<Way, Map<number, string>> = { in: new Map(), out: new Map() };

  lengthOf(_way: Way, bytes: Buffer): number | undefined {
    return packetLength(bytes);
  }

  look(way: Way, unit: Buffer, isWhole: boolean): Look {
    switch ((unit[0] as number) >> 4) {
      case CONNECT:
        return way === 'in' ? this.#lookAtConnect(unit) : {};
      case CONNACK:
        return this.#version === VERSION_5 && way === 'out' ? lookAtConnack(unit) : {};
      case AUTH:
        return lookAtAuth(unit);
      case PUBLISH:
        return this.#lookAtPublish(way, unit, isWhole);
      default:
        return {};
    }
  }

  label(way: Way, unit: Buffer): string | undefined {
    const type = (unit[0] as number) >> 4;
    if (way === 'in' || SILENT.has(type)) return undefined;
    if (type === PUBLISH) return this.#labelOfPublish(way, unit);
    const name = NAMES[type] ?? '';
    if (type === CONNACK) return `${name} ${unit[3] ?? ''}`;
    // The reasons follow the packet id, in version 5 its properties too.
    if (type === 9 && this.#version !== VERSION_5) return `${name} ${unit.subarray(4).toString('hex')}`;
    return name;
  }

  rejoin(unit: Buffer, as: Rejoin): Buffer {
    const type = (unit[0] as number) >> 4;
    if (type === CONNECT) return rejoinConnect(unit, as);
    if (type === SUBSCRIBE && this.#version !== VERSION_5) return rejoinSubscribe(unit, as);
    const parts = type === PUBLISH ? readPublishParts(unit, this.#version) : undefined;
    return parts?.topic.startsWith(FRAMES) ? rejoinPublish(unit, parts, as) : unit;
  }

  #lookAtConnect(unit: Buffer): Look {
    const parts = readConnectParts(unit);
    // What cannot be read may have a password in it, wherever it is.
    if (parts === undefined) return allFrom(Math.min(unit.length, 12), unit);
    this.#version = parts.version;
    const { clientId, password, authData } = parts;
    return {
      secrets: [password, authData].filter((span) => span !== undefined),
      ...(clientId.text !== '' && { clients: [clientId.text] }),
    };
  }

  #lookAtPublish(way: Way, unit: Buffer, isWhole: boolean): Look {
    const parts = this.#read(way, unit);
    if (parts === undefined) return allFrom(2, unit);
    if (!parts.topic.startsWith(FRAMES)) return { isRestPlain: true };
    const [begin, end] = parts.payload;
    if (!isWhole) return allFrom(begin, unit);
    const { secrets = [] } = lookAtFrame(way, unit.subarray(begin, end));
    return { secrets: secrets.map(([from, to]): Span => [begin + from, begin + to]) };
  }

  #labelOfPublish(way: Way, unit: Buffer): string | undefined {
    const parts = this.#read(way, unit);
    if (parts === undefined) return 'PUBLISH that cannot be read';
    const payload = unit.subarray(...parts.payload);
    if (parts.topic.startsWith(FRAMES)) {
      const label = labelOfFrame(payload);
      return label && `frame ${label}`;
    }
    const first = unit[0] as number;
    const retain = (first & 1) === 1 ? ' retained' : '';
    const text = payload.toString('utf8');
    const shown = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}... (${payload.length} bytes)` : text;
    return `PUBLISH${retain} QoS ${(first >> 1) & 3} ${parts.topic} ${shown}`;
  }

  /** The parts of a PUBLISH, its topic looked up where it has but an alias. */
  #read(way: Way, unit: Buffer): Parts['publish'] | undefined {
    const parts = readPublishParts(unit, this.#version);
    if (parts?.alias === undefined) return parts;
    const aliases = this.#aliases[way];
    if (parts.topic === '') return { ...parts, topic: aliases.get(parts.alias) ?? FRAMES };
    if (aliases.size < MAX_ALIASES) aliases.set(parts.alias, parts.topic);
    return parts;
  }
}

/** The id that a client gets that gave none, and what the authentication goes on with. */
function lookAtConnack(unit: Buffer): Look {
  const reader = new PartsReader(unit);
  reader.skip(2);
  const { authData, assignedId } = reader.properties();
  if (reader.isShort) return allFrom(4, unit);
  return {
    secrets: authData ? [authData] : [],
    ...(assignedId !== undefined && { clients: [unit.toString('utf8', ...assignedId)] }),
  };
}

function lookAtAuth(unit: Buffer): Look {
  const reader = new PartsReader(unit);
  if (reader.left < 2) return {};
  reader.skip(1);
  const { authData } = reader.properties();
  if (reader.isShort) return allFrom(2, unit);
  return { secrets: authData ? [authData] : [] };
}

function rejoinConnect(unit: Buffer, { suffix, secret }: Rejoin): Buffer {
  const parts = readConnectParts(unit);
  if (parts === undefined) return unit;
  const { clientId, password } = parts;
  const id = clientId.text === '' ? '' : `${clientId.text}${suffix}`;
  const changes: Change[] = [{ span: clientId.span, bytes: Buffer.from(id), isPrefixed: true }];
  if (password !== undefined && secret !== undefined) {
    changes.push({ span: password, bytes: Buffer.from(secret), isPrefixed: true });
  }
  return withChanges(unit, changes);
}

/** A device of frames subscribes to a topic that has its name. */
function rejoinSubscribe(unit: Buffer, as: Rejoin): Buffer {
  const reader = new PartsReader(unit);
  const changes: Change[] = [];
  reader.skip(2);
  while (reader.left > 0) {
    const span = reader.prefixed();
    changes.push({ span, bytes: Buffer.from(renamed(reader.text(span), as)), isPrefixed: true });
    reader.skip(1);
  }
  return reader.isShort ? unit : withChanges(unit, changes);
}

/** A topic of a device's own, under its other name; any other as it is. */
function renamed(topic: string, { suffix }: Rejoin): string {
  return topic.replace(/^(\$(?:frames|direct)\/[^/]*)/, `$1${suffix.replace(/[%/+#]/g, encodeURIComponent)}`);
}

/** A frame under the other name of its device: the topic has it, and the Hello. */
function rejoinPublish(unit: Buffer, { topic, topicSpan, payload }: Parts['publish'], as: Rejoin): Buffer {
  return withChanges(unit, [
    { span: topicSpan, bytes: Buffer.from(renamed(topic, as)), isPrefixed: true },
    { span: payload, bytes: rejoinFrame(unit.subarray(...payload), as), isPrefixed: false },
  ]);
}
