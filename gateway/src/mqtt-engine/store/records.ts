import { SEAL_BYTES, sealInPlace } from '../../common/sealed.ts';
import { plainTopic } from '../codec/known-topics.ts';
import { readMessageProperties } from '../codec/message-properties.ts';
import type { MessageProperties, QoS } from '../codec/packets.ts';
import { textBytes, writeText } from '../codec/put.ts';
import { EngineMessage } from '../message.ts';
import type { Handing } from './contract.ts';

/**
 * A message as it is on disk. Its first byte tells the format, and tells it from those of earlier versions, which were MessagePack. Then
 * come two bytes of flags, the topic, the fields that the flags name in the order of the flags, and the payload.
 */
export const MESSAGE = 1;
/** A message of which only the number is left, as its client has confirmed that it received it. */
export const RELEASED = 2;

const HANDED_RETAIN = 0x04;
const RETAIN = 0x08;
const QOS_SHIFT = 4;
const EXPIRES = 0x40;
const HAS_PROPERTIES = 0x80;

const HAS_CLIENT = 0x01;
const HAS_ACCOUNT = 0x02;
const HAS_ADDRESS = 0x04;
const HAS_IDENTIFIERS = 0x08;
const IS_SHARED = 0x10;

const TOPIC_AT = 3;
const FIRST_BEYOND_ASCII = 0x80;
/** Whose message was read last: the next one is probably theirs, too. */
const last: { clientId: string | undefined; address: string | undefined } = { clientId: undefined, address: undefined };
/** What a message takes beside its topic and payload. */
export const ENTRY_BYTES = 100;

/** A message on disk, and how it is to be handed to whom it waits for. */
export interface MessageRecord extends Handing {
  readonly message: EngineMessage;
}

/** What a message counts in the room of a queue. */
export function countedBytes({ topic, payload, properties }: EngineMessage): number {
  return ENTRY_BYTES + topic.length + payload.length + (properties === undefined ? 0 : properties.raw.length);
}

/** The same of its record, or as good as; undefined where that is none of a message. */
export function countedBytesOf(record: Buffer): number | undefined {
  if (record[0] !== MESSAGE) return undefined;
  const first = record[1] as number;
  const second = record[2] as number;
  const topicBytes = record.readUInt16BE(TOPIC_AT);
  let at = TOPIC_AT + 2 + topicBytes;
  if (first & EXPIRES) at += 8;
  let propertyBytes = 0;
  if (first & HAS_PROPERTIES) {
    propertyBytes = record.readUInt32BE(at);
    at += 4 + propertyBytes;
  }
  for (const field of [HAS_CLIENT, HAS_ACCOUNT, HAS_ADDRESS]) if (second & field) at += 2 + record.readUInt16BE(at);
  if (second & HAS_IDENTIFIERS) at += 2 + 4 * record.readUInt16BE(at);
  if (second & IS_SHARED) at += 2 + record.readUInt16BE(at);
  return ENTRY_BYTES + topicBytes + propertyBytes + record.length - at;
}

/** The record of a message, sealed. */
export function writeMessage(message: EngineMessage, handing: Handing): Buffer {
  const { topic, payload, expiresAtMs, properties, clientId, account, address } = message;
  const { identifiers, shared } = handing;
  const topicBytes = textBytes(topic);
  const clientBytes = clientId === undefined ? 0 : textBytes(clientId);
  const accountBytes = account === undefined ? 0 : textBytes(account);
  const addressBytes = address === undefined ? 0 : textBytes(address);
  const sharedBytes = shared === undefined ? 0 : textBytes(shared);
  let first = handing.qos | (message.qos << QOS_SHIFT);
  let second = 0;
  let size = TOPIC_AT + 2 + topicBytes + payload.length;
  if (handing.retain) first |= HANDED_RETAIN;
  if (message.retain) first |= RETAIN;
  if (expiresAtMs !== undefined) {
    first |= EXPIRES;
    size += 8;
  }
  if (properties !== undefined) {
    first |= HAS_PROPERTIES;
    size += 4 + properties.raw.length;
  }
  if (clientId !== undefined) {
    second |= HAS_CLIENT;
    size += 2 + clientBytes;
  }
  if (account !== undefined) {
    second |= HAS_ACCOUNT;
    size += 2 + accountBytes;
  }
  if (address !== undefined) {
    second |= HAS_ADDRESS;
    size += 2 + addressBytes;
  }
  if (identifiers !== undefined) {
    second |= HAS_IDENTIFIERS;
    size += 2 + 4 * identifiers.length;
  }
  if (shared !== undefined) {
    second |= IS_SHARED;
    size += 2 + sharedBytes;
  }
  const record = Buffer.allocUnsafe(size + SEAL_BYTES);
  record[0] = MESSAGE;
  record[1] = first;
  record[2] = second;
  let at = writeText(record, TOPIC_AT, topic, topicBytes);
  if (expiresAtMs !== undefined) at = record.writeDoubleBE(expiresAtMs, at);
  if (properties !== undefined) {
    at = record.writeUInt32BE(properties.raw.length, at);
    record.set(properties.raw, at);
    at += properties.raw.length;
  }
  if (clientId !== undefined) at = writeText(record, at, clientId, clientBytes);
  if (account !== undefined) at = writeText(record, at, account, accountBytes);
  if (address !== undefined) at = writeText(record, at, address, addressBytes);
  if (identifiers !== undefined) {
    at = record.writeUInt16BE(identifiers.length, at);
    for (const identifier of identifiers) at = record.writeUInt32BE(identifier, at);
  }
  if (shared !== undefined) at = writeText(record, at, shared, sharedBytes);
  record.set(payload, at);
  sealInPlace(record);
  return record;
}

/** The payload in a record that `writeMessage` has made, as a view. */
export function payloadOf(record: Buffer, bytes: number): Buffer {
  const end = record.length - SEAL_BYTES;
  return record.subarray(end - bytes, end);
}

/** A message of its record, without the seal; its payload is a view of it, or a copy. Undefined for anything else. */
export function readMessage(record: Buffer, payloadIs: 'view' | 'copy' = 'view'): MessageRecord | undefined {
  if (record[0] !== MESSAGE) return undefined;
  const first = record[1] as number;
  const reader = new RecordReader(record, TOPIC_AT);
  const second = record[2] as number;
  const topic = reader.topic();
  const expiresAtMs = first & EXPIRES ? reader.double() : undefined;
  let properties: MessageProperties | undefined;
  if (first & HAS_PROPERTIES) properties = readMessageProperties(reader.bytes(reader.uint32()));
  const clientId = second & HAS_CLIENT ? reader.text(last.clientId) : undefined;
  const account = second & HAS_ACCOUNT ? reader.text() : undefined;
  const address = second & HAS_ADDRESS ? reader.text(last.address) : undefined;
  last.clientId = clientId;
  last.address = address;
  let identifiers: number[] | undefined;
  if (second & HAS_IDENTIFIERS) {
    identifiers = [];
    for (let left = reader.uint16(); left > 0; left--) identifiers.push(reader.uint32());
  }
  const shared = second & IS_SHARED ? reader.text() : undefined;
  const message = new EngineMessage({
    topic,
    payload: payloadIs === 'copy' ? Buffer.from(reader.rest()) : reader.rest(),
    qos: ((first >> QOS_SHIFT) & 3) as QoS,
    retain: (first & RETAIN) !== 0,
    clientId,
    account,
    address,
    properties,
    expiresAtMs,
  });
  const retain = (first & HANDED_RETAIN) !== 0;
  return { message, qos: (first & 3) as QoS, retain, identifiers, shared };
}

/** Reads the fields of a record one after the other. */
export class RecordReader {
  readonly #record: Buffer;
  #at: number;

  constructor(record: Buffer, at: number) {
    this.#record = record;
    this.#at = at;
  }

  uint8(): number {
    return this.#record.readUInt8(this.#at++);
  }

  uint16(): number {
    this.#at += 2;
    return this.#record.readUInt16BE(this.#at - 2);
  }

  uint32(): number {
    this.#at += 4;
    return this.#record.readUInt32BE(this.#at - 4);
  }

  double(): number {
    this.#at += 8;
    return this.#record.readDoubleBE(this.#at - 8);
  }

  /** `likely`: what it probably is; then it is that text, and not another that is equal. */
  text(likely?: string): string {
    const length = this.uint16();
    const begin = this.#at;
    this.#at += length;
    if (likely?.length === length && isAt(this.#record, begin, likely)) return likely;
    return this.#record.toString('utf8', begin, this.#at);
  }

  /** A text that is probably one of the topics that were named last. */
  topic(): string {
    const length = this.uint16();
    const begin = this.#at;
    this.#at += length;
    return plainTopic(this.#record, begin, this.#at) ?? this.#record.toString('utf8', begin, this.#at);
  }

  bytes(length: number): Buffer {
    this.#at += length;
    return this.#record.subarray(this.#at - length, this.#at);
  }

  rest(): Buffer {
    return this.#record.subarray(this.#at);
  }
}

/** True where the text has ASCII characters only, and they are in `record` from `begin` on. */
function isAt(record: Buffer, begin: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code >= FIRST_BEYOND_ASCII || code !== record[begin + at]) return false;
  }
  return true;
}

/** A record of a size, whose fields `write` sets, sealed. */
export function sealedRecord(size: number, write: (record: Buffer) => void): Buffer {
  const record = Buffer.alloc(size + SEAL_BYTES);
  write(record);
  sealInPlace(record);
  return record;
}
