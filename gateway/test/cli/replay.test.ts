import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { protocols } from '../../src/app/protocols.ts';
import { openWebSocket } from '../../src/cli/replay/connection.ts';
import { play } from '../../src/cli/replay/player.ts';
import type { Happening } from '../../src/cli/replay/read-recording.ts';
import type { OpenEvent } from '../../src/transports/recording/events.ts';

const server = createServer();
afterEach(() => server.close());

const opened = (protocol: string, by: OpenEvent['by'], isStream: boolean): OpenEvent => ({
  ...{ is: 'open', t: 0, c: 1, protocol, client: 'lamp', listener: protocol, by, isStream, peer: '10.0.0.7:1' },
});

describe('replaying what somebody else has recorded', () => {
  it('leads to no other host than the one that was named', async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    let asked = 0;
    server.on('connection', () => asked++);
    const place = { host: '127.0.0.2', port: 1, tls: undefined };
    const request = { path: `@127.0.0.1:${port}/mqtt`, subprotocol: undefined, authorization: 'Basic c2VjcmV0' };
    const happenings: Happening[] = [opened('mqtt', 'websocket', false)];
    const [played] = await play({
      ...{ happenings, speed: 1, as: { suffix: '', secret: undefined }, ended: new AbortController().signal },
      protocol: async () => await protocols.find(({ name }) => name === 'mqtt')?.recording?.load(),
      open: (_event, handler) => openWebSocket(place, request, handler),
    });
    expect([played?.skipped, asked]).toEqual(['it cannot be opened: what its request asked for is no path', 0]);
  });

  it.each(protocols.flatMap(({ name, recording }) => (recording ? [name] : [])))(
    'does not fail on any bytes, as %s',
    async (name) => {
      const protocol = await protocols.find((each) => each.name === name)?.recording?.load();
      const piece = fc.record({ is: fc.constantFrom('in', 'out'), bytes: fc.uint8Array({ maxLength: 60 }) });
      await fc.assert(
        fc.asyncProperty(
          fc.array(piece, { maxLength: 12 }),
          fc.boolean(),
          fc.boolean(),
          async (pieces, isStream, isAs) => {
            const happenings: Happening[] = [opened(name, 'tcp', isStream)];
            for (const { is, bytes } of pieces) {
              happenings.push({ is: is as 'in' | 'out', t: 0, c: 1, base64: Buffer.from(bytes).toString('base64') });
            }
            await play({
              ...{ happenings, speed: 1000, as: { suffix: isAs ? '-2' : '', secret: undefined } },
              ...{ protocol: async () => protocol, ended: new AbortController().signal },
              open(_event, handler) {
                // All that came then comes at once, so that nothing is waited for.
                for (const { is, bytes } of pieces) if (is === 'out') handler.received(Buffer.from(bytes));
                return { opened: Promise.resolve(), send: () => {}, close: () => {} };
              },
            });
          },
        ),
        { numRuns: 50 },
      );
    },
  );
});
