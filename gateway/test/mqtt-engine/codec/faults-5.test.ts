import { describe, expect, it } from 'vitest';
import { bytes, faultOf, packet } from './support.ts';

/**
 * What MQTT 5 lets no client send, as far as one packet shows it: the statement of its appendix B that it breaks, or the section that calls
 * it malformed (0x81) or a protocol error (0x82); what it is; the packet; the reason code.
 */
type Fault = readonly [rule: string, what: string, first: string, body: string, reason: number];

/** CONNECT packets: what follows the protocol level. */
const CONNECTS: readonly Fault[] = [
  ['MQTT-3.1.2-3', 'a reserved flag', '10', '03 0000 00 "a"', 0x81],
  ['MQTT-3.1.2-11', 'a QoS of the will, without a will', '10', '0a 0000 00 "a"', 0x81],
  ['MQTT-3.1.2-12', 'a will of QoS 3', '10', '1e 0000 00 "a" 00 "w" "x"', 0x81],
  ['MQTT-3.1.2-13', 'a will to be retained, without a will', '10', '22 0000 00 "a"', 0x81],
  ['MQTT-3.1.2-9', 'a will that is announced and missing', '10', '06 0000 00 "a"', 0x81],
  ['MQTT-3.1.2-9', 'a will without a payload', '10', '06 0000 00 "a" 00 "w"', 0x81],
  ['MQTT-3.1.2-16', 'a user name that was not announced', '10', '02 0000 00 "a" "user"', 0x81],
  ['MQTT-3.1.2-17', 'a user name that is announced and missing', '10', '82 0000 00 "a"', 0x81],
  ['MQTT-3.1.2-18', 'a password that was not announced', '10', '82 0000 00 "a" "user" "pass"', 0x81],
  ['MQTT-3.1.2-19', 'a password that is announced and missing', '10', 'c2 0000 00 "a" "user"', 0x81],
  ['MQTT-3.1.3-3', 'no client id', '10', '02 0000 00', 0x81],
  ['MQTT-3.1.3-4', 'a client id that is not UTF-8', '10', '02 0000 00 0002 c328', 0x81],
  ['MQTT-3.1.3-11', 'a topic of the will that is not UTF-8', '10', '06 0000 00 "a" 00 0001 ff "x"', 0x81],
  ['MQTT-3.1.3-12', 'a user name that is not UTF-8', '10', '82 0000 00 "a" 0003 eda080', 0x81],
  ['MQTT-4.7.0-1', 'a will to a wildcard', '10', '06 0000 00 "a" 00 "w/#" "x"', 0x82],
  ['MQTT-4.7.3-1', 'a will to an empty topic', '10', '06 0000 00 "a" 00 "" "x"', 0x82],
  ['MQTT-2.2.2-1', 'no properties', '10', '02 0000', 0x81],
  ['section 3.1.2.11.3', 'the receive maximum 0', '10', '02 0000 03 21 0000 "a"', 0x82],
  ['section 3.1.2.11.4', 'the maximum packet size 0', '10', '02 0000 05 27 00000000 "a"', 0x82],
  ['section 3.1.2.11.6', 'a request for response information of 2', '10', '02 0000 02 19 02 "a"', 0x82],
  ['section 3.1.2.11.7', 'a request for problem information of 2', '10', '02 0000 02 17 02 "a"', 0x82],
  ['section 3.1.2.11.10', 'authentication data without a method', '10', '02 0000 04 16 0001 ff "a"', 0x82],
  ['section 3.1.2.11.2', 'two session expiry intervals', '10', '02 0000 0a 11 00000001 11 00000001 "a"', 0x82],
  ['section 3.1.3.2.2', 'two will delay intervals', '10', '06 0000 00 "a" 0a 18 00000001 18 00000001 "w" "x"', 0x82],
  ['section 2.2.2.2', 'a topic alias', '10', '02 0000 03 23 0001 "a"', 0x81],
  ['section 2.2.2.2', 'a will delay outside of its will', '10', '02 0000 05 18 00000001 "a"', 0x81],
  ['section 2.2.2.2', 'a session expiry in its will', '10', '06 0000 00 "a" 05 11 00000001 "w" "x"', 0x81],
];

const PACKETS: readonly Fault[] = [
  ['MQTT-1.5.4-1', 'a topic that is not UTF-8', '30', '0002 c328 00', 0x81],
  ['MQTT-1.5.4-1', 'a topic with a surrogate', '30', '0003 eda080 00', 0x81],
  ['MQTT-1.5.4-1', 'a topic in more bytes than its characters need', '30', '0002 c0af 00', 0x81],
  ['MQTT-1.5.4-1', 'a topic with a character beyond U+10FFFF', '30', '0004 f4908080 00', 0x81],
  ['MQTT-1.5.4-2', 'a topic with U+0000', '30', "0003 'a' 00 'b' 00", 0x81],
  ['MQTT-1.5.5-1', 'properties whose length is in more bytes than it needs', '30', '"a" 8000', 0x81],
  ['MQTT-1.5.5-1', 'a subscription identifier in more bytes than it needs', '82', '0001 03 0b 8100 "a" 00', 0x81],
  ['section 1.5.5', 'a length of five bytes', '30', '"a" 8080808001', 0x81],
  ['MQTT-1.5.7-1', 'the name of a user property that is not UTF-8', '30', '"a" 06 26 0001 ff 0000', 0x81],
  ['MQTT-1.5.7-1', 'the value of a user property with U+0000', '30', '"a" 07 26 0001 61 0001 00', 0x81],
  ['MQTT-2.1.3-1', 'reserved flags of a PUBACK', '41', '0001', 0x81],
  ['MQTT-2.1.3-1', 'reserved flags of a PUBREC', '52', '0001', 0x81],
  ['MQTT-2.1.3-1', 'reserved flags of a PUBCOMP', '78', '0001', 0x81],
  ['MQTT-2.1.3-1', 'reserved flags of a PINGREQ', 'c1', '', 0x81],
  ['section 2.1.2', 'a packet of type 0', '00', '', 0x81],
  ['MQTT-2.2.1-3', 'a PUBLISH of id 0', '32', '"a" 0000 00', 0x82],
  ['MQTT-2.2.1-3', 'a SUBSCRIBE of id 0', '82', '0000 00 "a" 00', 0x82],
  ['MQTT-2.2.1-3', 'an UNSUBSCRIBE of id 0', 'a2', '0000 00 "a"', 0x82],
  ['MQTT-2.2.1-5', 'a PUBACK of id 0', '40', '0000', 0x82],
  ['MQTT-2.2.1-5', 'a PUBREL of id 0', '62', '0000', 0x82],
  ['MQTT-2.2.2-1', 'a PUBLISH without properties', '30', '"a"', 0x81],
  ['section 2.2.2.2', 'a property that nobody knows', '30', '"a" 02 04 00', 0x81],
  ['section 2.2.2.2', 'a property beyond the last', '30', '"a" 03 ff01 00', 0x81],
  ['section 2.2.2.2', 'a property of another packet', '30', '"a" 05 11 00000001', 0x81],
  ['section 2.2.2.2', 'a property of another packet in an UNSUBSCRIBE', 'a2', '0001 02 0b 01 "a"', 0x81],
  ['section 2.2.2.2', 'a property that is cut off', '30', '"a" 03 02 0000', 0x81],
  ['section 2.2.2.2', 'properties that are cut off', '30', '"a" 09 01 00', 0x81],
  ['MQTT-3.1.0-2', 'a second CONNECT', '10', '"MQTT" 05 02 0000 00 "a"', 0x82],
  ['section 2.1.2', 'a CONNACK', '20', '00 00 00', 0x82],
  ['section 2.1.2', 'a SUBACK', '90', '0001 00 00', 0x82],
  ['section 2.1.2', 'a PINGRESP', 'd0', '', 0x82],
  ['MQTT-3.3.1-2', 'a duplicate of QoS 0', '38', '"a" 00', 0x81],
  ['MQTT-3.3.1-4', 'a PUBLISH of QoS 3', '36', '"a" 0001 00', 0x81],
  ['MQTT-3.3.2-1', 'a PUBLISH without a topic name', '30', '', 0x81],
  ['MQTT-3.3.2-2', 'a PUBLISH to a + wildcard', '30', '"a/+" 00', 0x82],
  ['MQTT-3.3.2-2', 'a PUBLISH to a # wildcard beside an ü', '30', '"ü/#" 00', 0x82],
  ['section 3.3.2.1', 'an empty topic without an alias', '30', '0000 00', 0x82],
  ['MQTT-3.3.2-8', 'the topic alias 0', '30', '"a" 03 23 0000', 0x94],
  ['section 3.3.2.3.4', 'two topic aliases', '30', '"a" 06 23 0001 23 0001', 0x82],
  ['section 3.3.2.3.2', 'a payload format of 2', '30', '"a" 02 01 02', 0x82],
  ['section 3.3.2.3.2', 'two payload formats', '30', '"a" 04 01 01 01 01', 0x82],
  ['section 3.3.2.3.3', 'two message expiry intervals', '30', '"a" 0a 02 00000001 02 00000001', 0x82],
  ['MQTT-3.3.2-13', 'a response topic that is not UTF-8', '30', '"a" 04 08 0001 ff', 0x81],
  ['MQTT-3.3.2-14', 'a response topic with a wildcard', '30', '"a" 04 08 "#"', 0x82],
  ['MQTT-4.7.3-1', 'an empty response topic', '30', '"a" 03 08 0000', 0x82],
  ['section 3.3.2.3.5', 'two response topics', '30', '"a" 08 08 "r" 08 "r"', 0x82],
  ['section 3.3.2.3.6', 'two correlation data', '30', '"a" 06 09 0000 09 0000', 0x82],
  ['MQTT-3.3.2-19', 'a content type that is not UTF-8', '30', '"a" 04 03 0001 ff', 0x81],
  ['section 3.3.2.3.9', 'two content types', '30', '"a" 08 03 "j" 03 "j"', 0x82],
  ['MQTT-3.3.4-6', 'a subscription identifier in a PUBLISH', '30', '"a" 02 0b 01', 0x82],
  ['MQTT-3.4.2-1', 'a reason code that no PUBACK has', '40', '0001 92', 0x82],
  ['MQTT-3.5.2-1', 'a reason code that no PUBREC has', '50', '0001 01', 0x82],
  ['MQTT-3.6.1-1', 'other flags of a PUBREL', '60', '0001', 0x81],
  ['MQTT-3.6.1-1', 'the flag of duplicates of MQTT 3.1 in a PUBREL', '6a', '0001', 0x81],
  ['MQTT-3.6.2-1', 'a reason code that no PUBREL has', '62', '0001 10', 0x82],
  ['MQTT-3.7.2-1', 'a reason code that no PUBCOMP has', '70', '0001 80', 0x82],
  ['section 3.4.2.2', 'two reason strings', '40', '0001 00 08 1f "a" 1f "b"', 0x82],
  ['section 3.4.2.2', 'a reason string that is not UTF-8', '40', '0001 00 04 1f 0001 ff', 0x81],
  ['section 3.4.2', 'a PUBACK without its id', '40', '', 0x81],
  ['section 3.4.2', 'a PUBACK whose id is cut off', '40', '01', 0x81],
  ['section 3.4.2', 'a PUBACK with something behind its properties', '40', '0001 00 00 00', 0x81],
  ['MQTT-3.8.1-1', 'other flags of a SUBSCRIBE', '80', '0001 00 "a" 00', 0x81],
  ['MQTT-3.8.3-1', 'a topic filter that is not UTF-8', '82', '0001 00 0001 ff 00', 0x81],
  ['MQTT-3.8.3-2', 'a SUBSCRIBE without a topic filter', '82', '0001 00', 0x82],
  ['MQTT-3.8.3-2', 'a topic filter without options', '82', '0001 00 "a"', 0x81],
  ['MQTT-3.8.3-4', 'no local with a shared subscription', '82', '0001 00 "$share/g/a" 04', 0x82],
  ['MQTT-3.8.3-5', 'a reserved bit of the options', '82', '0001 00 "a" 40', 0x81],
  ['MQTT-3.8.3-5', 'the other reserved bit of the options', '82', '0001 00 "a" 80', 0x81],
  ['section 3.8.3.1', 'a subscription of QoS 3', '82', '0001 00 "a" 03', 0x82],
  ['section 3.8.3.1', 'the retain handling 3', '82', '0001 00 "a" 30', 0x82],
  ['section 3.8.2.1.2', 'the subscription identifier 0', '82', '0001 02 0b 00 "a" 00', 0x82],
  ['section 3.8.2.1.2', 'two subscription identifiers', '82', '0001 04 0b 01 0b 02 "a" 00', 0x82],
  ['MQTT-3.10.1-1', 'other flags of an UNSUBSCRIBE', 'a0', '0001 00 "a"', 0x81],
  ['MQTT-3.10.3-1', 'a topic filter to unsubscribe that is not UTF-8', 'a2', '0001 00 0001 ff', 0x81],
  ['MQTT-3.10.3-2', 'an UNSUBSCRIBE without a topic filter', 'a2', '0001 00', 0x82],
  ['section 3.12', 'a PINGREQ with a payload', 'c0', '00', 0x81],
  ['MQTT-3.14.1-1', 'reserved flags of a DISCONNECT', 'e1', '', 0x81],
  ['MQTT-3.14.2-1', 'a reason code that only servers give', 'e0', '8e', 0x82],
  ['MQTT-3.14.2-1', 'a reason code that nobody knows', 'e0', '05', 0x82],
  ['section 3.14.2.2.5', 'a server reference from a client', 'e0', '00 04 1c "s"', 0x82],
  ['section 3.14.2', 'a DISCONNECT with something behind its properties', 'e0', '00 00 00', 0x81],
  ['MQTT-3.15.1-1', 'reserved flags of an AUTH', 'f1', '18 04 15 "m"', 0x81],
  ['MQTT-3.15.2-1', 'a reason code that only servers give', 'f0', '00 04 15 "m"', 0x82],
  ['MQTT-3.15.2-1', 'an AUTH without a reason code', 'f0', '', 0x82],
  ['section 3.15.2.2.2', 'an AUTH without a method', 'f0', '18 00', 0x82],
  ['MQTT-4.7.1-1', '# before the last level', '82', '0001 00 "a/#/b" 00', 0x82],
  ['MQTT-4.7.1-1', '# with something before it', '82', '0001 00 "a#" 00', 0x82],
  ['MQTT-4.7.1-2', '+ with something before it', '82', '0001 00 "a/b+" 00', 0x82],
  ['MQTT-4.7.1-2', '+ with something behind it', '82', '0001 00 "+b/a" 00', 0x82],
  ['MQTT-4.7.1-2', '+ with something behind it to unsubscribe', 'a2', '0001 00 "+b/a"', 0x82],
  ['MQTT-4.7.3-1', 'an empty topic filter', '82', '0001 00 0000 00', 0x82],
  ['MQTT-4.7.3-2', 'a topic filter with U+0000', '82', '0001 00 0001 00 00', 0x81],
  ['MQTT-4.8.2-1', 'a shared subscription without a group', '82', '0001 00 "$share//a" 00', 0x82],
  ['MQTT-4.8.2-2', 'a shared subscription without a slash behind its group', '82', '0001 00 "$share/g" 00', 0x82],
  ['MQTT-4.8.2-2', 'a shared subscription without a filter', '82', '0001 00 "$share/g/" 00', 0x82],
  ['MQTT-4.8.2-2', 'a shared subscription with a wildcard in its group', '82', '0001 00 "$share/+/a" 00', 0x82],
  ['MQTT-4.7.1-1', '# before the last level of a shared subscription', '82', '0001 00 "$share/g/#/a" 00', 0x82],
  ['section 1.5.4', 'a topic with a control character', '30', "0003 'a' 01 'b' 00", 0x90],
  ['section 1.5.4', 'a topic with a code point that is no character', '30', '0003 efbfbe 00', 0x90],
  ['section 1.5.4', 'a topic filter with a control character', '82', "0001 00 0002 'a' 7f 00", 0x8f],
];

describe('the reader of MQTT 5 refuses a CONNECT with', () => {
  it.each(CONNECTS)('[%s] %s', (_rule, _what, first, body, reason) => {
    const fault = faultOf(packet(first, `"MQTT" 05 ${body}`));
    expect(fault).toMatchObject({ reason, code: 'PEER_MALFORMED' });
    expect(fault.message).toMatch(/^sent a CONNECT /u);
  });

  it('[MQTT-3.1.2-1] another protocol name', () => {
    expect(faultOf(packet('10', '"mqtt" 05 02 0000 00 "a"'))).toMatchObject({ reason: 0x81 });
  });

  it.each(['00', '01', '02', '06', '7f', '86', 'ff'])('[MQTT-3.1.2-2] the unknown level %s', (level) => {
    expect(faultOf(packet('10', `"MQTT" ${level} 02 0000 00 "a"`))).toMatchObject({ reason: 0x84 });
  });

  it('[MQTT-3.1.0-1] something else before it', () => {
    expect(faultOf(bytes('30 03 "a"'))).toMatchObject({
      reason: 0x82,
      message: expect.stringMatching(/must be CONNECT/),
    });
  });
});

describe('the reader of MQTT 5 refuses', () => {
  it.each(PACKETS)('[%s] %s', (_rule, _what, first, body, reason) => {
    const fault = faultOf(packet(first, body), 5);
    expect(fault).toMatchObject({ reason, code: 'PEER_MALFORMED' });
    expect(fault.message).toMatch(/^sent /u);
  });
});

describe('the reader of MQTT 5 takes', () => {
  it.each([
    ['MQTT-1.5.4-3', 'U+FEFF as a character of a topic', '30', "0004 efbbbf 'a' 00"],
    ['section 1.5.4', 'the replacement character', '30', '0003 efbfbd 00'],
    ['section 3.3.2.3.7', 'user properties of one name', '30', '"a" 0e 26 "k" "v" 26 "k" "w"'],
    ['section 3.3.2.1', 'a topic of 100 levels and more', '30', `"${'/'.repeat(110)}" 00`],
    ['section 4.8.2', 'a shared subscription of all topics', '82', '0001 00 "$share/g/#" 00'],
    ['section 4.7', 'a filter that only looks like a shared subscription', '82', '0001 00 "$shared/#" 04'],
    ['section 3.14.2', 'every reason code that a client may give', 'e0', '97 00'],
  ])('[%s] %s', (_rule, _what, first, body) => {
    expect(() => faultOf(packet(first, body), 5)).toThrow(/^no fault/u);
  });
});
