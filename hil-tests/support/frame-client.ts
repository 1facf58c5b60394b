import { once } from 'node:events';
import { FrameClient, type Outcome } from '@crosscomm/protocol';
import { WebSocket } from 'ws';
import { systemClock } from '../../gateway/src/common/clock.ts';

/** A client that speaks frames over a WebSocket, and is told by receipts what became of its messages. */
export async function openFrameClient(port: number, deviceId: string): Promise<{ client: FrameClient; close(): void }> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  const client = new FrameClient({ deviceId, clock: systemClock, random: Math.random });
  socket.on('message', (data) => client.receive(data as Buffer));
  await once(socket, 'open');
  client.linkUp({
    send: (frame) => {
      socket.send(frame);
      return true;
    },
    close: () => socket.close(),
  });
  return {
    client,
    close: () => {
      client.stop();
      socket.close();
    },
  };
}

/** What becomes of a message; resolves when that is known. */
export function sendByFrames(client: FrameClient, to: string, value: Record<string, unknown>): Promise<Outcome> {
  return new Promise((resolve) => void client.send(to, value as never, resolve));
}
