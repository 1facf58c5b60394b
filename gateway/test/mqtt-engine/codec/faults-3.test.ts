import { describe, expect, it } from 'vitest';
import type { Version } from '../../../src/mqtt-engine/codec/packets.ts';
import { faultOf, packet, readAll } from './support.ts';

/** What MQTT 3.1.1 lets no client send, as far as one packet shows it: the statement that it breaks, what it is, and the packet. */
type Fault = readonly [rule: string, what: string, first: string, body: string];

/** CONNECT packets: what follows the protocol level. */
const CONNECTS: readonly Fault[] = [
  ['MQTT-3.1.2-3', 'a reserved flag', '10', '03 0000 "a"'],
  ['MQTT-3.1.2-11', 'a will that was not announced', '10', '02 0000 "a" "w" "x"'],
  ['MQTT-3.1.2-9', 'a will that is announced and missing', '10', '06 0000 "a"'],
  ['MQTT-3.1.2-13', 'a QoS of the will, without a will', '10', '0a 0000 "a"'],
  ['MQTT-3.1.2-14', 'a will of QoS 3', '10', '1e 0000 "a" "w" "x"'],
  ['MQTT-3.1.2-15', 'a will to be retained, without a will', '10', '22 0000 "a"'],
  ['MQTT-3.1.2-18', 'a user name that was not announced', '10', '02 0000 "a" "user"'],
  ['MQTT-3.1.2-20', 'a password that was not announced', '10', '82 0000 "a" "user" "pass"'],
  ['MQTT-3.1.2-22', 'a password without a user name', '10', '42 0000 "a" "pass"'],
  ['MQTT-3.1.3-3', 'no client id', '10', '02 0000'],
  ['MQTT-3.1.3-4', 'a client id that is not UTF-8', '10', '02 0000 0002 fffe'],
  ['MQTT-3.1.3-10', 'a topic of the will that is not UTF-8', '10', '06 0000 "a" 0001 ff "x"'],
  ['MQTT-3.1.3-11', 'a user name that is not UTF-8', '10', '82 0000 "a" 0001 ff'],
  ['MQTT-1.5.3-2', 'a user name with U+0000', '10', '82 0000 "a" 0001 00'],
  ['MQTT-4.7.1-1', 'a will to a wildcard', '10', '06 0000 "a" "w/+" "x"'],
  ['MQTT-4.7.3-1', 'a will to an empty topic', '10', '06 0000 "a" "" "x"'],
];

const PACKETS: readonly Fault[] = [
  ['MQTT-1.5.3-1', 'a topic that is not UTF-8', '30', '0002 c328'],
  ['MQTT-1.5.3-1', 'a topic with a surrogate', '30', '0003 edbfbf'],
  ['MQTT-1.5.3-2', 'a topic with U+0000', '30', "0003 'a' 00 'b'"],
  ['MQTT-2.2.2-2', 'reserved flags of a PUBACK', '42', '0001'],
  ['MQTT-2.2.2-2', 'reserved flags of a PINGREQ', 'c2', ''],
  ['MQTT-2.3.1-1', 'a PUBLISH of id 0', '32', '"a" 0000'],
  ['MQTT-2.3.1-1', 'a SUBSCRIBE of id 0', '82', '0000 "a" 00'],
  ['MQTT-2.3.1-1', 'an UNSUBSCRIBE of id 0', 'a2', '0000 "a"'],
  ['MQTT-2.3.1-6', 'a PUBREC of id 0', '50', '0000'],
  ['MQTT-3.1.0-2', 'a second CONNECT', '10', '"MQTT" 04 02 0000 "a"'],
  ['MQTT-3.3.1-2', 'a duplicate of QoS 0', '38', '"a"'],
  ['MQTT-3.3.1-4', 'a PUBLISH of QoS 3', '37', '"a" 0001'],
  ['MQTT-3.3.2-1', 'a PUBLISH without a topic name', '30', ''],
  ['MQTT-3.3.2-1', 'a topic that is cut off', '30', '0005 6162'],
  ['MQTT-3.3.2-2', 'a PUBLISH to a wildcard', '30', '"a/+"'],
  ['MQTT-4.7.3-1', 'a PUBLISH to an empty topic', '30', '0000'],
  ['section 3.4', 'a reason code as in MQTT 5', '40', '0001 00'],
  ['section 3.4', 'a PUBACK whose id is cut off', '40', '00'],
  ['MQTT-3.6.1-1', 'other flags of a PUBREL', '60', '0001'],
  ['MQTT-3.8.1-1', 'other flags of a SUBSCRIBE', '80', '0001 "a" 00'],
  ['MQTT-3.8.3-1', 'a topic filter that is not UTF-8', '82', '0001 0001 ff 00'],
  ['MQTT-3.8.3-3', 'a SUBSCRIBE without a topic filter', '82', '0001'],
  ['MQTT-3.8.3-4', 'a reserved bit beside the QoS', '82', '0001 "a" 04'],
  ['MQTT-3.8.3-4', 'a subscription of QoS 3', '82', '0001 "a" 03'],
  ['section 3.8.3', 'a topic filter without its QoS', '82', '0001 "a"'],
  ['MQTT-3.10.1-1', 'other flags of an UNSUBSCRIBE', 'a0', '0001 "a"'],
  ['MQTT-3.10.3-1', 'a topic filter to unsubscribe that is not UTF-8', 'a2', '0001 0001 ff'],
  ['MQTT-3.10.3-2', 'an UNSUBSCRIBE without a topic filter', 'a2', '0001'],
  ['section 3.12', 'a PINGREQ with a payload', 'c0', '00'],
  ['MQTT-3.14.1-1', 'reserved flags of a DISCONNECT', 'e8', ''],
  ['section 3.14', 'a reason code in a DISCONNECT', 'e0', '00'],
  ['section 2.2.1', 'an AUTH', 'f0', ''],
  ['MQTT-4.7.1-2', '# before the last level', '82', '0001 "a/#/b" 00'],
  ['MQTT-4.7.1-2', '# with something before it', '82', '0001 "a#" 00'],
  ['MQTT-4.7.1-3', '+ with something beside it', '82', '0001 "a/b+/c" 00'],
  ['MQTT-4.7.1-3', '+ with something beside it to unsubscribe', 'a2', '0001 "a+"'],
  ['MQTT-4.7.3-1', 'an empty topic filter', '82', '0001 0000 00'],
  ['MQTT-4.7.3-2', 'a topic filter with U+0000', '82', '0001 0001 00 00'],
  ['section 4.8.2 of MQTT 5', 'a shared subscription without a filter', '82', '0001 "$share/g/" 00'],
  ['section 1.5.3', 'a topic with a control character', '30', "0002 'a' 1f"],
];

const NAMES: Readonly<Record<3 | 4, string>> = { 3: '"MQIsdp" 03', 4: '"MQTT" 04' };

describe.each<Exclude<Version, 5>>([3, 4])('the reader of MQTT 3, level %d,', (version) => {
  it.each(CONNECTS)('[%s] refuses a CONNECT with %s', (_rule, _what, first, body) => {
    expect(faultOf(packet(first, `${NAMES[version]} ${body}`)).message).toMatch(/^sent a CONNECT /u);
  });

  it.each(PACKETS)('[%s] refuses %s', (_rule, _what, first, body) => {
    expect(faultOf(packet(first, body), version)).toMatchObject({ code: 'PEER_MALFORMED' });
  });
});

describe('the reader of MQTT 3', () => {
  it('[MQTT-3.1.2-21] refuses a CONNECT whose user name or password is missing, but where MQTT 3.1 allows it', () => {
    for (const body of ['82 0000 "a"', 'c2 0000 "a" "user"', 'c2 0000 "a"']) {
      expect(faultOf(packet('10', `${NAMES[4]} ${body}`)).message).toMatch(/in the middle of a field/u);
      expect(readAll(packet('10', `${NAMES[3]} ${body}`))).toHaveLength(1);
    }
  });

  it('[MQTT-1.5.3-3] takes U+FEFF as a character of a topic', () => {
    expect(readAll(packet('30', "0004 efbbbf 'a'"), 4)).toMatchObject([{ topic: '\ufeffa' }]);
  });
});
