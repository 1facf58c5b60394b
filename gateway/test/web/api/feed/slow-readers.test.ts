import { once } from 'node:events';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Message } from '../../../../src/hub/message.ts';
import { buildWebHouse, type WebHouse } from '../../support.ts';

let house: WebHouse;
let socket: Socket;

beforeEach(async () => {
  house = await buildWebHouse();
  await house.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = house.app.server.address() as AddressInfo;
  socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write('GET /api/v1/events?show=channels HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  await once(socket, 'data');
  socket.pause();
});
afterEach(async () => {
  socket.destroy();
  await house.app.close();
});

function say(to: string, body: string): void {
  house.hub.send(new Message({ from: 'lamp', to, kind: 'text', body, timestampMs: 5 }), { passwords: true });
}

/** Much is said, 300 ms a round. */
async function talk(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (let index = 0; index < 30; index++) say(`c${index}`, `${round} ${'x'.repeat(500)}`);
    pass();
    if (round % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

function pass(): void {
  for (let ms = 0; ms < 300; ms += 100) house.clock.advance(100);
}

it('a page that is behind is told that it missed events, once it has caught up', async () => {
  await talk(300);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString();
  });
  socket.resume();
  await expect
    .poll(() => {
      say('c0', 'again');
      pass();
      return text;
    })
    .toContain('event: missed');
  expect(text).not.toContain('"299 x');
});

it('the stream of a reader that never reads ends, and another one can have its place', async () => {
  const closed = once(socket, 'close');
  await talk(1500);
  socket.resume();
  await closed;
});
