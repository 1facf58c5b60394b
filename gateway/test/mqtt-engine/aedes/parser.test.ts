import { describe, expect, it } from 'vitest';
import type { CoreParser } from '../../../src/mqtt-engine/aedes/private.ts';
import { connectPacket } from '../support.ts';
import { type BareClient, startBare, turns, until } from './support.ts';

/** Puts a parser of the test in the place of a client's, as client-reader.ts does. When bytes come, it hands on what is in `packets`. */
function replaceParser({ core }: BareClient): CoreParser & { chunks: Buffer[]; calls: string[]; packets: object[] } {
  const listeners = core._parser.listeners('packet');
  const chunks: Buffer[] = [];
  const calls: string[] = [];
  const packets: object[] = [];
  const parser = {
    client: core,
    _queue: [] as object[] | null,
    ...{ chunks, calls, packets },
    parse(chunk: Buffer): number {
      for (const packet of packets.splice(0)) listeners[0]?.call(parser, packet);
      return chunks.push(chunk);
    },
    listeners: () => listeners,
    removeAllListeners: (event: string) => void calls.push(`removeAllListeners ${event}`),
    emit: (event: string, error: Error) => void calls.push(`${event} ${error.message}`),
  };
  core._parser = parser;
  return parser;
}

const CONNECT = { cmd: 'connect', protocolVersion: 4, clean: true, keepalive: 0, clientId: 'lamp' };

// client-reader.ts puts a reader of its own in the place of a parser.
describe('the parser of aedes’ clients', () => {
  it('is in client._parser, knows its client, and has one listener; else ClientReader.attach replaces nothing', async () => {
    const { core } = (await startBare()).dial();
    expect(core._parser.client).toBe(core);
    expect(core._parser.listeners('packet')).toHaveLength(1);
    expect(core._parser._queue).toEqual([]);
  });

  it('is looked up when something comes, and given the bytes as they are; else ClientReader.parse is never called', async () => {
    const client = (await startBare()).dial();
    const parser = replaceParser(client);
    client.far.write(connectPacket('lamp'));
    await until(() => parser.chunks.length > 0);
    expect(parser.chunks).toEqual([connectPacket('lamp')]);
  });

  it('hands packets on by a listener whose this it is, of the shape that ClientReader gives them', async () => {
    const asked: string[] = [];
    const client = (
      await startBare({
        preConnect(_client, packet, done) {
          asked.push(`connect ${packet.clientId}`);
          done(null, true);
        },
        authorizePublish(_client, packet, done) {
          asked.push(`publish ${packet.topic} ${packet.payload}`);
          done(null);
        },
        authorizeSubscribe(_client, subscription, done) {
          asked.push(`subscribe ${subscription.topic} ${subscription.qos}`);
          done(null, subscription);
        },
      })
    ).dial();
    const parser = replaceParser(client);
    parser.packets.push(CONNECT);
    client.far.write('x');
    await until(() => client.core.connected);
    parser.packets.push(
      { cmd: 'publish', topic: 'a', payload: Buffer.from('x'), qos: 1, retain: false, dup: false, messageId: 1 },
      { cmd: 'subscribe', messageId: 2, subscriptions: [{ topic: 'b', qos: 1 }] },
      { cmd: 'unsubscribe', messageId: 3, unsubscriptions: ['b'] },
      { cmd: 'pingreq' },
      { cmd: 'pubrel', messageId: 4 },
    );
    client.far.write('x');
    await client.got('pubcomp');
    expect(asked).toEqual(['connect lamp', 'publish a x', 'subscribe b 1']);
    await until(() => client.packets.length === 5);
    expect(client.packets.map(({ cmd }) => cmd).sort()).toEqual([
      'connack',
      'pingresp',
      'puback',
      'suback',
      'unsuback',
    ]);
  });

  it('has _queue for what comes before the CONNACK, and is told where that is too much; else early packets are lost', async () => {
    const client = (await startBare({}, { options: { queueLimit: 1 } })).dial();
    const parser = replaceParser(client);
    parser.packets.push(CONNECT, { cmd: 'pingreq' }, { cmd: 'pingreq' });
    client.far.write('x');
    await until(() => parser.chunks.length > 0);
    expect(parser._queue).toHaveLength(1);
    expect(parser.calls).toEqual(['error Client queue limit reached']);
    await client.got('pingresp');
    expect(parser._queue).toBeNull();
  });

  it('loses its listener with removeAllListeners when its client is closed; else ClientReader reads on for nobody', async () => {
    const client = (await startBare()).dial();
    const parser = replaceParser(client);
    client.core.close();
    await turns();
    expect(parser.calls).toEqual(['removeAllListeners packet']);
  });
});
