import { createSocket } from 'node:dgram';
import type { Place } from './connection.ts';
import { type Ear, Heard, type ProbeIdentity } from './probe.ts';

const UNIT = 4;

/** Speaks Open Sound Control by UDP, which knows no joining: who subscribes is answered at its own port. */
export function openOsc({ host, port }: Place, { channel }: ProbeIdentity): Promise<Ear> {
  return new Promise((resolve, reject) => {
    const heard = new Heard();
    const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (bytes) => heard.add(bytes));
    socket.once('error', reject);
    socket.connect(port, host, () => {
      const subscribe = (): void => socket.send(message('/subscribe', channel));
      subscribe();
      resolve({
        // A datagram may be lost, so that each time is as good as the first.
        send(mark) {
          subscribe();
          socket.send(message(`/${channel}`, mark));
        },
        hasHeard: (mark) => heard.has(mark),
        close: () => socket.close(),
      });
    });
  });
}

/** A message with one string. */
function message(address: string, argument: string): Buffer {
  return Buffer.concat([address, ',s', argument].map(padded));
}

function padded(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([bytes, Buffer.alloc(UNIT - (bytes.length % UNIT))]);
}
