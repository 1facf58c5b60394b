import { describe, expect, it } from 'vitest';
import { type Kind, Message } from '../../../src/hub/message.ts';
import { jsonLine, legacyLine, pureDataLine, webFrame } from '../../../src/protocols/oocsi/delivery-codec.ts';

function dict(body: string, kind: Kind = 'dict'): Message {
  return new Message({ from: 'alice', to: 'ch', kind, body, timestampMs: 1700000000123.9 });
}

describe('the line of a JSON client', () => {
  it('has the data sorted, then recipient, timestamp and sender', () => {
    expect(jsonLine.of(dict('{"b":1.0,"a":"é"}')).toString()).toBe(
      '{"a":"é","b":1.0,"recipient":"ch","timestamp":1700000000123,"sender":"alice"}\n',
    );
  });

  it('has no other recipient, timestamp or sender than its own', () => {
    expect(jsonLine.of(dict('{"sender":"eve","timestamp":1,"x":2,"recipient":[]}')).toString()).toBe(
      '{"x":2,"recipient":"ch","timestamp":1700000000123,"sender":"alice"}\n',
    );
  });

  it('is complete for an empty message', () => {
    expect(jsonLine.of(dict('{}')).toString()).toBe('{"recipient":"ch","timestamp":1700000000123,"sender":"alice"}\n');
  });

  it('is valid JSON whatever the names are', () => {
    const message = new Message({ from: 'a"b', to: 'c\\d', kind: 'text', body: 'x', timestampMs: 5 });
    expect(JSON.parse(jsonLine.of(message).toString())).toEqual({
      text: 'x',
      recipient: 'c\\d',
      timestamp: 5,
      sender: 'a"b',
    });
  });

  it('names its own sender, recipient and time, whatever message was written before it', () => {
    const lines = ['x', 'x', 'y', 'x'].flatMap((to) =>
      ['a', 'b', 'b'].map((from, step) => {
        const message = new Message({ from, to, kind: 'dict', body: '{}', timestampMs: 7 + (step >> 1) });
        return [message, JSON.parse(jsonLine.of(message).toString())];
      }),
    );
    for (const [{ from, to, timestampMs }, line] of lines) {
      expect(line).toEqual({ recipient: to, timestamp: timestampMs, sender: from });
    }
  });

  it('is the same bytes for every recipient', () => {
    const message = dict('{"a":1}');
    expect(jsonLine.of(message)).toBe(jsonLine.of(message));
  });
});

describe('the frame of a web client', () => {
  it('has the data apart', () => {
    const frame = webFrame.of(dict('{"b":1.0,"sender":"eve"}'));
    const text = '{"recipient":"ch","timestamp":1700000000123,"sender":"alice","data":{"b":1.0,"sender":"eve"}}';
    expect(frame).toEqual(Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]));
  });
});

describe('the line of a Pure Data client', () => {
  it('is a list of names and values, arrays joined by commas', () => {
    expect(pureDataLine.of(dict('{"b":[1,2.0,"x"],"a":"hello","c":true,"d":{"e":1}}')).toString()).toBe(
      'ch timestamp=1700000000123 sender=alice a=hello b=1,2.0,x c=true d={"e":1} ;\n',
    );
  });

  it('does not end before its end', () => {
    expect(pureDataLine.of(dict('{"a":"x;y\\nz;","b;c":1}')).toString()).toBe(
      'ch timestamp=1700000000123 sender=alice a=x y z  b c=1 ;\n',
    );
  });
});

describe('the line of a legacy client', () => {
  it('says in a serialised HashMap that the client is too old, whatever was sent', () => {
    const [verb, to, data, timestamp, sender] = legacyLine.of(dict('{"a":1}')).toString().trim().split(' ');
    expect([verb, to, timestamp, sender]).toEqual(['send', 'ch', '1700000000123', 'alice']);
    const bytes = Buffer.from(data as string, 'base64');
    expect(bytes.subarray(0, 4).toString('hex')).toBe('aced0005');
    expect(bytes.toString('latin1')).toContain('java.util.HashMap');
    expect(bytes.toString('latin1')).toContain('error');
    expect(bytes.toString('latin1')).toContain('Your OOCSI client version is too old, please update.');
    expect(bytes.at(-1)).toBe(0x78);
  });
});
