import type { MessageProperties, UserProperty } from '../codec/packets.ts';

/** Identifiers of properties (MQTT 5, section 2.2.2.2). */
const PAYLOAD_FORMAT = 0x01;
const CONTENT_TYPE = 0x03;
const RESPONSE_TOPIC = 0x08;
const CORRELATION_DATA = 0x09;
const USER_PROPERTY = 0x26;

/** The properties of a message of their bytes, which were found to be right when they came. */
export function propertiesOf(raw: Buffer): MessageProperties {
  const userProperties: UserProperty[] = [];
  let isText = false;
  let contentType: string | undefined;
  let responseTopic: string | undefined;
  let correlationData: Buffer | undefined;
  let at = 0;
  const field = (): Buffer => {
    const begin = at + 2;
    at = begin + raw.readUInt16BE(at);
    return raw.subarray(begin, at);
  };
  while (at < raw.length) {
    const identifier = raw[at++];
    if (identifier === PAYLOAD_FORMAT) isText = raw[at++] === 1;
    else if (identifier === CONTENT_TYPE) contentType = field().toString();
    else if (identifier === RESPONSE_TOPIC) responseTopic = field().toString();
    else if (identifier === CORRELATION_DATA) correlationData = field();
    else if (identifier === USER_PROPERTY) userProperties.push([field().toString(), field().toString()]);
    else break;
  }
  return { raw, isText, contentType, responseTopic, correlationData, userProperties };
}
