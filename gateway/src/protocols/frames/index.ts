import { defineProtocol } from '../contract.ts';

/**
 * Device frames: binary WebSocket messages, told apart by the first message of a connection. Serial ports and MQTT carry them too,
 * so the devices themselves are the host's.
 */
export const frames = defineProtocol<never>({
  name: 'frames',
  // A device keeps its id while its link answers: devices.ts.
  traits: {},
  recording: { load: async () => (await import('./recording.ts')).recordedFrames, takesBinary: true },
  start(host) {
    host.webSocket.takeBinary((wire) => host.frames.connect(wire));
    return {};
  },
});
