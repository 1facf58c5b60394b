import { defineProtocol } from '../contract.ts';
import { section } from './config.ts';

/** CONNACK, return code 5 (MQTT 3.1.1, section 3.2.2.3). */
const NOT_AUTHORIZED = Uint8Array.of(0x20, 2, 0, 5);

/** MQTT 5, 3.1.1 and 3.1, by TCP and WebSocket. */
export const mqtt = defineProtocol({
  name: 'mqtt',
  traits: { takesOverAtOnce: true, isPersistent: true, mapsNames: true },
  section,
  guide: {
    label: 'MQTT',
    ways: [
      { listener: 'mqtt', standardPort: 1883, who: 'ESP32, mosquitto_pub, Node-RED' },
      { listener: 'mqttTls', standardPort: 8883, who: 'the same, by TLS', isOptional: true },
      { webSocket: '/mqtt', who: 'web pages' },
    ],
    page: { title: 'MQTT (ESP32, mosquitto, Node-RED)' },
  },
  recording: { load: async () => (await import('./recording.ts')).recordedMqtt },
  async start(host) {
    const { createMqttBroker } = await import('./broker.ts');
    const { values, limits, hub, access, clock, incidents, metrics, random, budget } = host;
    const broker = await createMqttBroker({
      ...values,
      hub,
      access,
      clock,
      incidents,
      metrics,
      random,
      budget,
      log: host.log.child({ door: section.key }),
      db: host.database,
      writes: host.writes,
      maxQueueBytes: limits.maxQueueBytes,
      handshakeTimeoutMs: limits.handshakeTimeoutMs,
    });
    host.onClose(() => broker.close());
    hub.attach(broker.egress);
    broker.serveFrames((wire) => host.frames.connect(wire));
    const { objects } = host;
    broker.serveFiles(
      ({ content, ...file }) => objects.take(file, content),
      (client) => objects.keysOf(client),
    );
    host.webSocket.add({
      listener: section.key,
      paths: ['/mqtt'],
      subprotocols: ['mqtt', 'mqttv3.1'],
      // One WebSocket message may carry a whole packet and the beginning of the next.
      maxMessageBytes: 2 * values.maxPacketBytes,
      // MQTT 3.1.1, section 6: a text message ends the connection.
      textRefusal: 'MQTT is spoken in binary messages',
      // The user name and password of a CONNECT are no browser's doing.
      provesInside: true,
      accept: (stream, peer, brought) => broker.accept(stream, peer, brought),
    });
    return {
      restore: () => broker.start(),
      written: () => broker.written(),
      bridges: broker.bridges,
      async listen() {
        await host.listenTcp({
          ...values,
          plainAnswer: NOT_AUTHORIZED,
          accept: (socket, peer, certificate) => broker.accept(socket, peer, { certificate }),
        });
      },
    };
  },
});
