import { defineProtocol } from '../contract.ts';
import { section } from './config.ts';

/** OOCSI: lines of text by TCP, text messages by WebSocket, and its services, which are clients and channels for everybody. */
export const oocsi = defineProtocol({
  name: 'oocsi',
  // The connection that was first keeps its handle while it answers: contest.ts.
  traits: {},
  section,
  guide: {
    label: 'OOCSI',
    ways: [
      { listener: 'oocsi', standardPort: 4444, who: 'Python, Java, Processing, ESP' },
      { listener: 'oocsiTls', standardPort: 4445, who: 'the same, by TLS', isOptional: true },
      { webSocket: '/ws', who: 'web pages' },
    ],
  },
  recording: { load: async () => (await import('./recording.ts')).recordedOocsi },
  async start(host) {
    const { OocsiLineSession } = await import('./line-session.ts');
    const { OocsiWebSession } = await import('./web-session.ts');
    const { startOocsiServices } = await import('./services/index.ts');
    const { values } = host;
    const options = { ...values, handshakeTimeoutMs: host.limits.handshakeTimeoutMs };
    host.webSocket.add({
      listener: section.key,
      paths: ['/ws'],
      maxMessageBytes: values.maxLineBytes,
      provesInside: true,
      createSession: (wire) => new OocsiWebSession(wire, host, options),
    });
    return {
      restored() {
        const services = startOocsiServices(host, (device) => host.devices.told(device));
        host.devices.add(() => services.devices());
        host.onClose(() => services.stop());
      },
      async listen() {
        await host.listenLines({
          ...values,
          tooManyLine: 'error (the server has as many clients as it may have)\n',
          plainAnswer: 'error (this server takes TLS only)\n',
          createSession: (wire) => new OocsiLineSession(wire, host, options),
        });
      },
    };
  },
});
