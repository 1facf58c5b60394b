import { describe, expect, it } from 'vitest';
import { connectPacket, packet, subscribePacket } from '../support.ts';
import { startBare, until } from './support.ts';

// strict-parser.ts puts methods of its own into a parser's place, and calls the original ones.
describe('the parser of aedes’ clients', () => {
  it('is in client._parser, and knows its client; else beStrict has nothing to make strict', async () => {
    const { core } = (await startBare()).dial();
    expect(core._parser.client).toBe(core);
  });

  it('calls its own methods by this, strings by _parseString and each whole packet by _newPacket; else beStrict overrides nothing', async () => {
    const { core, far } = (await startBare()).dial();
    const called: string[] = [];
    const base = Object.getPrototypeOf(core._parser) as typeof core._parser;
    Object.assign(core._parser, {
      parse(this: typeof base, chunk: Buffer) {
        called.push('parse');
        return base.parse.call(this, chunk);
      },
      _parseString(this: typeof base) {
        const begin = this._pos + 2;
        const text = base._parseString.call(this);
        called.push(`string ${text} ${this._list.slice(begin, this._pos)}`);
        return text;
      },
      _newPacket(this: typeof base) {
        called.push(`packet ${this.packet.cmd}`);
        return base._newPacket.call(this);
      },
    });
    far.write(connectPacket('lamp'));
    await until(() => called.includes('packet connect'));
    // The bytes of a string are those between _pos before and after it, in _list; else invalid UTF-8 is not seen.
    expect(called).toEqual(['parse', 'string MQTT MQTT', 'string lamp lamp', 'packet connect']);
  });

  it('has an exception in _newPacket pass through parse; else beStrict’s faults do not end the connection', async () => {
    const { core } = (await startBare()).dial();
    const { _parser: parser } = core;
    parser._newPacket = () => {
      throw new Error('strict');
    };
    expect(() => parser.parse(connectPacket('lamp'))).toThrow('strict');
  });

  it('lists what a SUBSCRIBE and an UNSUBSCRIBE ask for, a will and a password; else packetFault sees none of them', async () => {
    const seen: object[] = [];
    const { core, far } = (await startBare()).dial();
    const base = Object.getPrototypeOf(core._parser) as typeof core._parser;
    core._parser._newPacket = function (this: typeof base) {
      seen.push({ ...this.packet });
      return base._newPacket.call(this);
    };
    far.write(
      Buffer.concat([connectPacket('lamp'), subscribePacket('a/#', 1), packet(0xa2, Buffer.from([0, 2, 0, 1, 0x61]))]),
    );
    await until(() => seen.length === 3);
    expect(seen).toMatchObject([
      { cmd: 'connect', clientId: 'lamp' },
      { cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a/#', qos: 1 }] },
      { cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a'] },
    ]);
  });

  it('lets a packet id 0 pass, and says -1 where it is cut off; else packetFault looks for what does not come', async () => {
    const { dial } = await startBare();
    const seen: unknown[] = [];
    for (const puback of [
      [0x40, 2, 0, 0],
      [0x40, 1, 0],
    ]) {
      const { _parser: parser } = dial().core;
      parser._newPacket = () => seen.push(parser.packet.messageId) > 0;
      parser.parse(Buffer.from(puback));
    }
    expect(seen).toEqual([0, -1]);
  });
});
