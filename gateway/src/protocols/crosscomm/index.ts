import type { Message } from '../../hub/message.ts';
import { defineProtocol } from '../contract.ts';
import { section } from './config.ts';

/** CrossComm: JSON over WebSocket, at any path that no other protocol has. */
export const crosscomm = defineProtocol({
  name: 'crosscomm',
  traits: { takesOverAtOnce: true },
  section,
  guide: {
    label: 'CrossComm',
    ways: [{ webSocket: '/', who: 'pywayne and other CrossComm clients' }],
    page: { title: 'CrossComm (Python, pywayne)' },
  },
  recording: { load: async () => (await import('./recording.ts')).recordedCrossComm },
  async start(host) {
    const { CrossCommSession } = await import('./session.ts');
    const { values, limits, webSocket } = host;
    const options = {
      ...values,
      handshakeTimeoutMs: limits.handshakeTimeoutMs,
      objectSent: (message: Message) => void host.objects.note(message),
    };
    // The key is CrossComm's, and is for every WebSocket.
    webSocket.pingIntervalMs = values.pingIntervalMs;
    webSocket.add({
      listener: section.key,
      maxMessageBytes: values.maxMessageBytes,
      // Devices that use frames begin here as well, with the credentials of their Hello.
      provesInside: true,
      createSession: (wire, credentials) => new CrossCommSession(wire, host, options, credentials),
    });
    return {};
  },
});
