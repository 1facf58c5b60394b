import { defineProtocol } from '../contract.ts';
import { section } from './config.ts';

/** Open Sound Control 1.0 by UDP, and 1.0 and 1.1 by TCP. */
export const osc = defineProtocol({
  name: 'osc',
  traits: {},
  section,
  guide: {
    label: 'OSC',
    ways: [{ listener: 'osc', standardPort: 9000, who: 'Processing, Pure Data, Max, TouchDesigner' }],
  },
  recording: { load: async () => (await import('./recording.ts')).recordedOsc },
  start(host) {
    const { port } = host.values;
    return {
      async listen() {
        if (port === undefined) return;
        const { openOscListener } = await import('./listener.ts');
        await openOscListener({ ...host.values, port }, host);
      },
    };
  },
});
