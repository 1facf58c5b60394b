import { bin, concat, Fault, type Reader, str, u8, u16, u32, vbi } from './bytes.ts';

/** The properties of MQTT 5 (section 2.2.2), written and read for tests; the gateway's codec has no part in it. */

type Kind = 'byte' | 'two' | 'four' | 'variable' | 'text' | 'binary' | 'pair';

const KINDS = {
  payloadFormat: [0x01, 'byte'],
  messageExpiry: [0x02, 'four'],
  contentType: [0x03, 'text'],
  responseTopic: [0x08, 'text'],
  correlationData: [0x09, 'binary'],
  subscriptionId: [0x0b, 'variable'],
  sessionExpiry: [0x11, 'four'],
  assignedId: [0x12, 'text'],
  serverKeepAlive: [0x13, 'two'],
  authMethod: [0x15, 'text'],
  authData: [0x16, 'binary'],
  requestProblem: [0x17, 'byte'],
  willDelay: [0x18, 'four'],
  requestResponse: [0x19, 'byte'],
  responseInformation: [0x1a, 'text'],
  serverReference: [0x1c, 'text'],
  reasonString: [0x1f, 'text'],
  receiveMaximum: [0x21, 'two'],
  topicAliasMaximum: [0x22, 'two'],
  topicAlias: [0x23, 'two'],
  maximumQos: [0x24, 'byte'],
  retainAvailable: [0x25, 'byte'],
  user: [0x26, 'pair'],
  maximumPacketSize: [0x27, 'four'],
  wildcardAvailable: [0x28, 'byte'],
  subscriptionIdsAvailable: [0x29, 'byte'],
  sharedAvailable: [0x2a, 'byte'],
} as const satisfies Record<string, readonly [number, Kind]>;

export type PropertyName = keyof typeof KINDS;

/** What a property says: a number, text, bytes (hexadecimal where it was read), or a pair of texts as `name=value`. */
export type Property = readonly [name: PropertyName, value: number | string | Buffer];

const NAMES = new Map<number, PropertyName>(
  (Object.keys(KINDS) as PropertyName[]).map((name) => [KINDS[name][0], name]),
);

/** Those that may come more than once in a packet of a broker. */
const REPEATED: readonly PropertyName[] = ['user', 'subscriptionId'];

function encode([name, value]: Property): Buffer {
  const [id, kind] = KINDS[name];
  return concat(vbi(id), encodeValue(kind, value));
}

function encodeValue(kind: Kind, value: number | string | Buffer): Buffer {
  // Bytes stand for themselves, so that a test can send what is wrong.
  if (typeof value === 'object') return kind === 'pair' ? value : bin(value);
  if (typeof value === 'string') {
    if (kind !== 'pair') return str(value);
    const at = value.indexOf('=');
    return concat(str(value.slice(0, at)), str(value.slice(at + 1)));
  }
  if (kind === 'byte') return u8(value);
  if (kind === 'two') return u16(value);
  return kind === 'four' ? u32(value) : vbi(value);
}

/** The properties with their length before them; bytes are taken as they are. */
export function properties(list: readonly Property[] | Buffer = []): Buffer {
  if (Buffer.isBuffer(list)) return list;
  const body = concat(...list.map(encode));
  return concat(vbi(body.length), body);
}

/** Reads properties with their length; throws a `Fault` at one that is not among `allowed`, or that comes twice. */
export function readProperties(reader: Reader, allowed: readonly PropertyName[]): Property[] {
  const inner = reader.part(reader.vbi());
  const list: Property[] = [];
  while (inner.left > 0) {
    const id = inner.vbi();
    const name = NAMES.get(id);
    if (name === undefined || !allowed.includes(name)) throw new Fault(`property ${id} does not belong here`);
    if (!REPEATED.includes(name) && list.some(([other]) => other === name)) throw new Fault(`${name} came twice`);
    list.push([name, readValue(inner, KINDS[name][1])]);
  }
  return list;
}

function readValue(reader: Reader, kind: Kind): number | string {
  switch (kind) {
    case 'byte':
      return reader.u8();
    case 'two':
      return reader.u16();
    case 'four':
      return reader.u32();
    case 'variable':
      return reader.vbi();
    case 'text':
      return reader.str();
    case 'binary':
      return reader.bin().toString('hex');
    case 'pair':
      return `${reader.str()}=${reader.str()}`;
  }
}
