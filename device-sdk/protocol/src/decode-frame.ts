import { decodeValue } from './cbor.ts';
import { CODES, FILE_KINDS, MAX_TOKEN_BYTES, MESSAGE_KINDS, MIN_MAX_FRAME, TIMES } from './codes.ts';
import { FrameError } from './error.ts';
import { Fields, MAX_UINT16, MAX_UINT32 } from './fields.ts';
import type { Clients, DataFrame, Fetch, Frame, Hello, Offer, Sequenced, UnknownFrame, Welcome } from './frame.ts';
import { type Limits, withDefaults } from './limits.ts';
import type { Value } from './value.ts';

const FIRST_HEAD = 0x81;
const LAST_HEAD = 0x97;
const MAX_ID_BYTES = 255;
const MAX_FILE_NAME_BYTES = 255;

/** True for a byte that begins a frame: the head of an array of 1 to 23 items. */
export function beginsFrame(byte: number): boolean {
  return byte >= FIRST_HEAD && byte <= LAST_HEAD;
}

/**
 * The frame that the bytes are, all of them; what the frame leaves out has its default. A frame of a type that is not known
 * is `unknown`. Throws FrameError; nothing of the bytes is kept.
 */
export function decodeFrame(bytes: Uint8Array, limits?: Partial<Limits>): Frame {
  const bounds = withDefaults(limits);
  const first = bytes[0];
  if (first !== undefined && bytes.length <= bounds.maxBytes && !beginsFrame(first)) {
    throw new FrameError('not_a_frame', 'a frame begins with an array of 1 to 23 items');
  }
  return read(decodeValue(bytes, bounds) as Value[]);
}

function read(items: readonly Value[]): Frame {
  const type = items[0];
  if (typeof type !== 'number' || !Number.isInteger(type) || type < 0 || type > MAX_UINT16) {
    throw new FrameError('not_a_frame', `the type of a frame is an integer from 0 to ${MAX_UINT16}`);
  }
  return READERS[type]?.(items) ?? { type: 'unknown', number: type };
}

const READERS: readonly (((items: readonly Value[]) => Frame) | undefined)[] = [
  (items) => hello(new Fields(items, 'hello', 1)),
  (items) => welcome(new Fields(items, 'welcome', 1)),
  (items) => {
    const fields = new Fields(items, 'error', 1);
    const code = fields.integer('code', 0, MAX_UINT16);
    return { type: 'error', code, text: fields.textOr('', 'text'), about: fields.arrayOrNull('about') ?? [] };
  },
  (items) => {
    const fields = new Fields(items, 'goodbye', 1);
    const reason = fields.integerOr(0, 'reason', 0, MAX_UINT16);
    return { type: 'goodbye', reason, text: fields.textOr('', 'text') };
  },
  (items) => ({ type: 'ping', n: new Fields(items, 'ping', 1).integerOr(0, 'n', 0, MAX_UINT32) }),
  (items) => ({ type: 'pong', n: new Fields(items, 'pong', 1).integerOr(0, 'n', 0, MAX_UINT32) }),
  (items) => {
    const fields = new Fields(items, 'alias', 1);
    const alias = fields.integer('alias', 0, MAX_UINT16);
    const channel = fields.nameOrNull('channel');
    const flags = fields.integerOr(0, 'flags', 0, MAX_UINT32);
    const shape = fields.arrayOrNull('shape');
    if (shape === null) return { type: 'alias', alias, channel, flags };
    if (!isTexts(shape)) return fields.fail('shape', 'is not all text');
    if (new Set(shape).size < shape.length) return fields.fail('shape', 'has a key twice');
    return { type: 'alias', alias, channel, flags, shape };
  },
  (items) => ({ type: 'unalias', alias: new Fields(items, 'unalias', 1).integer('alias', 0, MAX_UINT16) }),
  (items) => {
    const fields = new Fields(items, 'message', 1);
    const to = fields.target('to');
    const value = fields.value('value');
    const from = fields.nameOrNull('from');
    const kind = fields.integerOr(MESSAGE_KINDS.asValue, 'kind', 0, MAX_UINT16);
    const message = { type: 'message', to, value, from } as const;
    return kind === MESSAGE_KINDS.asValue ? message : { ...message, kind };
  },
  (items) => sequenced(new Fields(items, 'sequenced', 1)),
  (items) => ({ type: 'ack', seq: new Fields(items, 'ack', 1).integer('seq', 0, MAX_UINT32) }),
  (items) => {
    const fields = new Fields(items, 'dictionary', 1);
    const first = fields.integer('first', 0, MAX_UINT16);
    const keys = fields.arrayOrNull('keys');
    if (keys === null) return { type: 'dictionary', first, keys };
    if (!keys.every((key) => typeof key === 'string')) return fields.fail('keys', 'are not all text');
    if (first + keys.length > MAX_UINT16 + 1) fields.fail('keys', `go beyond ${MAX_UINT16}`);
    return { type: 'dictionary', first, keys };
  },
  (items) => ({ type: 'listClients', onlyOnline: new Fields(items, 'listClients', 1).booleanOr(true, 'onlyOnline') }),
  (items) => clients(new Fields(items, 'clients', 1)),
  (items) => {
    const fields = new Fields(items, 'call', 1);
    const callId = fields.integer('callId', 0, MAX_UINT32);
    const to = fields.target('to');
    const name = fields.name('function');
    const args = fields.valueOrNull();
    const from = fields.nameOrNull('from');
    const timeoutMs = fields.integerOr(TIMES.callMs, 'timeout', 0, MAX_UINT32);
    const call = { type: 'call', callId, to, function: name, args, from } as const;
    return timeoutMs === TIMES.callMs ? call : { ...call, timeoutMs };
  },
  (items) => {
    const fields = new Fields(items, 'reply', 1);
    const callId = fields.integer('callId', 0, MAX_UINT32);
    const value = fields.value('value');
    const code = fields.integerOr(0, 'code', 0, MAX_UINT16);
    return { type: 'reply', callId, value, code, text: fields.textOr('', 'text') };
  },
  (items) => offer(new Fields(items, 'offer', 1)),
  (items) => {
    const fields = new Fields(items, 'want', 1);
    const fileId = fields.integer('fileId', 0, MAX_UINT16);
    const offset = fields.integer('offset', 0, MAX_UINT32);
    return { type: 'want', fileId, offset, bytes: fields.integer('bytes', 0, MAX_UINT32) };
  },
  (items) => {
    const fields = new Fields(items, 'chunk', 1);
    const fileId = fields.integer('fileId', 0, MAX_UINT16);
    const offset = fields.integer('offset', 0, MAX_UINT32);
    return { type: 'chunk', fileId, offset, content: fields.bytes('content') };
  },
  (items) => {
    const fields = new Fields(items, 'done', 1);
    const fileId = fields.integer('fileId', 0, MAX_UINT16);
    if (typeof items[2] !== 'number') {
      return { type: 'done', fileId, size: null, crc32: null, key: fields.nameOrNull('key') };
    }
    const size = fields.integer('size', 0, MAX_UINT32);
    return { type: 'done', fileId, size, crc32: fields.integer('crc32', 0, MAX_UINT32), key: null };
  },
  (items) => {
    const fields = new Fields(items, 'cancel', 1);
    const fileId = fields.integer('fileId', 0, MAX_UINT16);
    const code = fields.integerOr(CODES.cancelled, 'code', 0, MAX_UINT16);
    return { type: 'cancel', fileId, code, text: fields.textOr('', 'text') };
  },
  (items) => fetch(new Fields(items, 'fetch', 1)),
  (items) => {
    const fields = new Fields(items, 'log', 1);
    const level = fields.integer('level', 0, MAX_UINT16);
    return { type: 'log', level, text: fields.text('text') };
  },
  (items) => {
    const fields = new Fields(items, 'receipt', 1);
    const seq = fields.integer('seq', 1, MAX_UINT32);
    const delivered = fields.integer('delivered', 0, MAX_UINT32);
    return { type: 'receipt', seq, delivered, code: fields.integerOr(0, 'code', 0, MAX_UINT16) };
  },
  (items) => {
    const fields = new Fields(items, 'keep', 1);
    const channel = fields.name('channel');
    const value = fields.value('value');
    if (value instanceof Map || isTexts(value)) return { type: 'keep', channel, value };
    return fields.fail('value', 'is neither an array of texts nor a map');
  },
  (items) => {
    const fields = new Fields(items, 'token', 1);
    const n = fields.integer('n', 0, MAX_UINT16);
    if (typeof items[2] !== 'string') {
      return { type: 'token', n, token: null, code: fields.integerOr(CODES.ok, 'code', 0, MAX_UINT16) };
    }
    const token = fields.name('token');
    if (utf8Length(token) > MAX_TOKEN_BYTES) fields.fail('token', `is longer than ${MAX_TOKEN_BYTES} bytes`);
    return { type: 'token', n, token, code: CODES.ok };
  },
  (items) => {
    const fields = new Fields(items, 'describe', 1);
    const value = fields.valueOrNull();
    if (value === null || value instanceof Map || typeof value === 'string') return { type: 'describe', value };
    return fields.fail('value', 'is neither a map nor text');
  },
];

function isTexts(value: Value): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function hello(fields: Fields): Hello {
  const version = fields.integer('version', 1, MAX_UINT16);
  const deviceId = fields.name('deviceId');
  if (utf8Length(deviceId) > MAX_ID_BYTES) fields.fail('deviceId', `is longer than ${MAX_ID_BYTES} bytes`);
  const bootId = fields.integer('bootId', 1, MAX_UINT32);
  const maxFrame = fields.integer('maxFrame', MIN_MAX_FRAME, MAX_UINT32);
  const window = Math.max(maxFrame, fields.integerOr(maxFrame, 'window', 0, MAX_UINT32));
  const capabilities = fields.integerOr(0, 'capabilities', 0, MAX_UINT32);
  const resumeItems = fields.arrayOrNull('resume');
  const credentials = fields.mapOrNull('credentials');
  const user = credential(fields, credentials?.get(1));
  const password = credential(fields, credentials?.get(2));
  let resume: Hello['resume'] = null;
  if (resumeItems !== null) {
    const inner = fields.inner('resume', resumeItems);
    resume = {
      firstSeq: inner.integer('firstSeq', 1, MAX_UINT32),
      session: inner.integer('session', 0, MAX_UINT32),
      received: inner.integer('received', 0, MAX_UINT32),
    };
  }
  const hello = {
    type: 'hello',
    version,
    deviceId,
    bootId,
    maxFrame,
    window,
    capabilities,
    resume,
    user,
    password,
  } as const;
  return credentials?.get(3) === true ? { ...hello, storesTokens: true } : hello;
}

function credential(fields: Fields, value: Value | undefined): string | null {
  if (value === undefined || value === null || typeof value === 'string') return value ?? null;
  return fields.fail('credentials', 'are not text');
}

/** The length in UTF-8 of text that is well formed. */
function utf8Length(text: string): number {
  let length = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}

function welcome(fields: Fields): Welcome {
  const version = fields.integer('version', 1, MAX_UINT16);
  const session = fields.integer('session', 1, MAX_UINT32);
  const lastSeq = fields.integer('lastSeq', 0, MAX_UINT32);
  const serverTime = fields.integer('serverTime', 0, MAX_UINT32);
  const timeTrusted = fields.boolean('timeTrusted');
  const inner = fields.inner('limits', fields.array('limits'));
  const limits = {
    maxFrame: inner.integer('maxFrame', 1, MAX_UINT32),
    window: inner.integer('window', 0, MAX_UINT32),
    maxAliases: inner.integer('maxAliases', 0, MAX_UINT32),
    maxKeys: inner.integer('maxKeys', 0, MAX_UINT32),
  };
  const resumed = fields.booleanOr(false, 'resumed');
  return { type: 'welcome', version, session, lastSeq, serverTime, timeTrusted, limits, resumed };
}

function clients(fields: Fields): Clients {
  const list = fields.array('list').map((pair) => {
    if (!Array.isArray(pair)) return fields.fail('list', 'is not all pairs');
    const inner = fields.inner('list', pair);
    return { id: inner.name('id'), online: inner.boolean('online') };
  });
  return { type: 'clients', clients: list, more: fields.booleanOr(false, 'more') };
}

function offer(fields: Fields): Offer {
  const fileId = fields.integer('fileId', 0, MAX_UINT16);
  const name = fields.name('name');
  if (utf8Length(name) > MAX_FILE_NAME_BYTES) fields.fail('name', `is longer than ${MAX_FILE_NAME_BYTES} bytes`);
  const size = fields.integerOrNull('size', 0, MAX_UINT32);
  const kind = fields.integerOr(FILE_KINDS.file, 'kind', 0, MAX_UINT16);
  const party = fields.targetOrNull('party');
  const crc32 = fields.integerOrNull('crc32', 0, MAX_UINT32);
  const key = fields.nameOrNull('key');
  const file = { type: 'offer', fileId, name, size, kind, party, crc32 } as const;
  return key === null ? file : { ...file, key };
}

function fetch(fields: Fields): Fetch {
  const what = fields.target('what') ?? fields.fail('what', 'is neither an id nor a key');
  const options = fields.mapOrNull('options');
  if (options === null) return { type: 'fetch', what, options };
  const option = (key: number, name: string): number | null =>
    fields.inner('options', [options.get(key) ?? null]).integerOrNull(name, 0, MAX_UINT32);
  return {
    type: 'fetch',
    what,
    options: {
      width: option(0, 'width'),
      height: option(1, 'height'),
      fit: option(2, 'fit'),
      format: option(3, 'format'),
    },
  };
}

const DATA_TYPES: ReadonlySet<string> = new Set<(DataFrame | UnknownFrame)['type']>([
  'message',
  'listClients',
  'clients',
  'call',
  'reply',
  'offer',
  'want',
  'chunk',
  'done',
  'cancel',
  'fetch',
  'keep',
  'unknown',
]);

function sequenced(fields: Fields): Sequenced {
  const seq = fields.integer('seq', 1, MAX_UINT32);
  const items = fields.value('frame');
  if (items === null) return { type: 'sequenced', seq, frame: null };
  if (!Array.isArray(items)) return fields.fail('frame', 'is no frame');
  const type = items[0];
  if (typeof type !== 'number' || !Number.isInteger(type) || type < 0 || type > MAX_UINT16) {
    return fields.fail('frame', 'is no frame');
  }
  // Looked at before it is read: a sequenced frame inside would be read by this very function.
  if (type < 8 || (type > 8 && type < 12) || type === 22 || type === 23 || type === 25 || type === 26) {
    fields.fail('frame', 'carries no data');
  }
  const frame = read(items);
  if (!DATA_TYPES.has(frame.type)) fields.fail('frame', 'carries no data');
  return { type: 'sequenced', seq, frame: frame as DataFrame | UnknownFrame };
}
