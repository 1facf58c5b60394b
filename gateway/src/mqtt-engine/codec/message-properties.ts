import { Fields } from './fields.ts';
import type { MessageProperties, UserProperty } from './packets.ts';
import { type Properties, propertySet, readProperties } from './properties.ts';
import { PROPERTY } from './property-ids.ts';
import { PropertyWriter } from './property-writer.ts';

/** The identifiers of what is passed on with a message. */
export const FORWARDED: readonly number[] = [
  ...[PROPERTY.payloadFormat, PROPERTY.contentType, PROPERTY.responseTopic, PROPERTY.correlationData],
  PROPERTY.userProperty,
];
const NO_USER_PROPERTIES: readonly UserProperty[] = Object.freeze([]);

/** What of the properties of a PUBLISH, or of a will, is passed on; undefined where nothing is. `raw` is a view where they lie together. */
export function forwarded(bytes: Buffer, properties: Readonly<Properties>): MessageProperties | undefined {
  const raw = rawOf(bytes, properties);
  return raw === undefined ? undefined : new ReceivedProperties(raw, properties);
}

function rawOf(bytes: Buffer, properties: Readonly<Properties>): Buffer | undefined {
  const { begin, end, firstGapAt, firstGapBytes, secondGapAt, secondGapBytes } = properties;
  const length = end - begin - firstGapBytes - secondGapBytes;
  if (length === 0) return undefined;
  if (firstGapBytes === 0) return bytes.subarray(begin, end);
  const raw = Buffer.allocUnsafe(length);
  let at = bytes.copy(raw, 0, begin, firstGapAt);
  const secondBegin = firstGapAt + firstGapBytes;
  if (secondGapBytes === 0) bytes.copy(raw, at, secondBegin, end);
  else {
    at += bytes.copy(raw, at, secondBegin, secondGapAt);
    bytes.copy(raw, at, secondGapAt + secondGapBytes, end);
  }
  return raw;
}

/** Properties of a message; the user properties are only read where somebody asks for them. */
class ReceivedProperties implements MessageProperties {
  readonly raw: Buffer;
  readonly isText: boolean;
  readonly contentType: string | undefined;
  readonly responseTopic: string | undefined;
  readonly correlationData: Buffer | undefined;
  #userProperties: readonly UserProperty[] | undefined;

  constructor(raw: Buffer, properties: Readonly<Properties>) {
    this.raw = raw;
    this.isText = properties.isText;
    this.contentType = properties.contentType;
    this.responseTopic = properties.responseTopic;
    this.correlationData = properties.correlationData;
    this.#userProperties = properties.hasUserProperties ? undefined : NO_USER_PROPERTIES;
  }

  get userProperties(): readonly UserProperty[] {
    this.#userProperties ??= readUserProperties(this.raw);
    return this.#userProperties;
  }
}

/** `raw` was read before. */
function readUserProperties(raw: Buffer): readonly UserProperty[] {
  const found: UserProperty[] = [];
  const text = (): string => {
    const begin = at + 2;
    at = begin + raw.readUInt16BE(at);
    return raw.toString('utf8', begin, at);
  };
  let at = 0;
  while (at < raw.length) {
    const id = raw[at++];
    if (id === PROPERTY.userProperty) found.push([text(), text()]);
    else at += id === PROPERTY.payloadFormat ? 1 : 2 + raw.readUInt16BE(at);
  }
  return found;
}

const OF_MESSAGE = propertySet(FORWARDED);

/**
 * The properties that `raw` holds, which were once written as `MessageProperties.raw`.
 *
 * @throws {PacketFault} They are none.
 */
export function readMessageProperties(raw: Buffer): MessageProperties | undefined {
  const fields = new Fields();
  fields.open(3, raw, 0, raw.length);
  const properties = readProperties(fields, OF_MESSAGE, raw.length);
  return forwarded(raw, properties);
}

/** Makes the properties of a message that the gateway itself sends. */
export function messageProperties(given: Partial<Omit<MessageProperties, 'raw'>>): MessageProperties {
  const { isText = false, contentType, responseTopic, correlationData, userProperties = NO_USER_PROPERTIES } = given;
  const writer = new PropertyWriter();
  if (isText) writer.byte(PROPERTY.payloadFormat, 1);
  writer.text(PROPERTY.contentType, contentType);
  writer.text(PROPERTY.responseTopic, responseTopic);
  writer.binary(PROPERTY.correlationData, correlationData);
  for (const pair of userProperties) writer.pair(PROPERTY.userProperty, pair);
  return { raw: writer.toBuffer(), isText, contentType, responseTopic, correlationData, userProperties };
}
