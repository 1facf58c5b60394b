import { readFileSync } from 'node:fs';
import { send } from '@crosscomm/testing/send';
import { buildHouse, MemorySession, MemoryWire } from '@crosscomm/testing/test-hub';
import { describe, expect, it } from 'vitest';
import { isChannel, parseChannel } from '../../../device-sdk/node/src/channel-name.ts';
import { channelFault, clientIdFault } from '../../src/common/names.ts';
import { parseAddress } from '../../src/hub/address.ts';
import { CrossCommSession } from '../../src/protocols/crosscomm/session.ts';
import { DeviceLog } from '../../src/protocols/device-log.ts';
import { LineDeviceSession } from '../../src/protocols/lines/session.ts';
import { frame } from '../protocols/crosscomm/frames.ts';
import { connect } from '../protocols/oocsi/parties.ts';

const { vectors } = JSON.parse(
  readFileSync(new URL('../../../device-sdk/protocol/vectors/names.json', import.meta.url), 'utf8'),
) as { vectors: { name: string; channel: string; valid: boolean }[] };

describe.each(vectors)('a channel with $name', ({ channel, valid }) => {
  it(`can ${valid ? '' : 'not '}be sent to, now or later, and subscribed to`, () => {
    const { hub } = buildHouse();
    const reader = new MemorySession('reader');
    hub.join(reader);
    hub.subscribe(reader, '#');
    expect(channelFault(channel) === undefined).toBe(valid);
    expect(send(hub, 'ann', channel, 'hello').reason === 'bad_name').toBe(!valid);
    expect(send(hub, 'ann', channel, 'hello', { delayMs: 1000 }).reason === 'bad_name').toBe(!valid);
    expect(reader.received.length > 0).toBe(valid && channel[0] !== '$');
    if (!valid) expect(hub.subscribe(reader, channel)).toBe('malformed');
    else if (!channel.includes('[')) expect(hub.subscribe(reader, channel)).toBe('subscribed');
  });

  it('is the same to the library for Node', () => {
    expect(isChannel(channel)).toBe(valid);
    if (valid) expect(parseChannel(channel).name).toBe(parseAddress(channel)?.name);
  });
});

describe('a client id', () => {
  it.each(['AA:BB:CC:DD:EE:FF', 'Kitchen Lamp', 'küche', 'a/b', 'dev_#1', 'x'.repeat(256)])('may be %j', (id) => {
    expect(clientIdFault(id)).toBeUndefined();
  });

  it.each(['', 'x'.repeat(257), 'a\nb', 'a\0', 'a\u009b', '\ud800', 'a\uffff'])('cannot be %j', (id) => {
    expect(clientIdFault(id)).toMatch(/^the name of a client id /);
  });
});

it('refuses the name of the gateway with one code, on lines, OOCSI and CrossComm', () => {
  const house = buildHouse();
  const wire = new MemoryWire();
  connect(house, 'OOCSI_clients(JSON)');
  new CrossCommSession(wire, house, { heartbeatTimeoutMs: 1000, maxMessageBytes: 1000 }).receive(
    frame({ from_client_id: 'server', to_client_id: 'server', msg_type: 'login', content: {} }),
  );
  const deviceLog = new DeviceLog();
  new LineDeviceSession(house, wire, { id: 'all', channels: [], maxLineBytes: 100, deviceLog }).start();
  expect(house.incidents.counts()).toEqual({
    'oocsi PEER_BAD_NAME': 1,
    'crosscomm PEER_BAD_NAME': 1,
    'serial PEER_BAD_NAME': 1,
  });
});
