import { z } from 'zod';
import { textFrame } from '../../src/common/websocket-frame.ts';
import { host, optionalPort } from '../../src/config/fields.ts';
import { defineSection } from '../../src/config/section.ts';
import { defineProtocol } from '../../src/protocols/contract.ts';
import type { TextSession, Wire } from '../../src/transports/wire.ts';

const section = defineSection({
  key: 'shout',
  schema: z
    .strictObject({
      host: host.describe('address to listen on'),
      port: optionalPort.describe('port for shouting; closed where left out'),
    })
    .prefault({})
    .describe('shouting'),
  address: ({ host, port }) => (port === undefined ? undefined : { host, port }),
  keptBytes: () => 1000,
});

/** Answers each text in capitals, by TCP, UDP and WebSocket. `steps` are those of the gateway's life that it was told of. */
export function makeShout(steps: string[] = []) {
  const sessions = (encode: (text: string) => Buffer) => ({
    createSession: (wire: Wire): TextSession => ({
      receive: (text) => void wire.write(encode(text.toUpperCase())),
      receiveTooLong() {},
      tick() {},
      disconnected: () => void steps.push('disconnected'),
    }),
  });
  return defineProtocol({
    name: 'shout',
    traits: { isBrief: true },
    section,
    guide: { label: 'Shout', ways: [{ listener: 'shout', standardPort: 5000, who: 'people far away' }] },
    start({ values: { host, port }, ...gateway }) {
      steps.push('start');
      gateway.onClose(() => void steps.push('undone'));
      gateway.webSocket.add({ listener: 'shout', paths: ['/shout'], maxMessageBytes: 100, ...sessions(textFrame) });
      return {
        restore: () => void steps.push('restore'),
        restored: () => void steps.push('restored'),
        opened: () => void steps.push('opened'),
        written: async () => void steps.push('written'),
        async listen() {
          steps.push('listen');
          if (port === undefined) return;
          const at = await gateway.listenLines({
            host,
            port,
            maxLineBytes: 100,
            ...sessions((line) => Buffer.from(`${line}\n`)),
          });
          const udp = await gateway.listenUdp({
            ...at,
            receive: (packet, from) => void udp.send(Buffer.from(packet.toString().toUpperCase()), from),
          });
        },
      };
    },
  });
}
