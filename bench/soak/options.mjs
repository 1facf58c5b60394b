import { parseArgs } from 'node:util';

export const HELP = `npm run soak -- [options]
npm run soak -- page [options]
npm run soak -- bridge [options]
npm run soak -- cluster

Devices by WebSocket, MQTT and serial line, MQTT, OOCSI and CrossComm clients in one conversation, for a long time. Links are
lost, devices are reset, bytes are damaged, and the gateway is killed (SIGKILL) again and again; 200 MQTT clients have sessions and
are mostly away. At the end there is a table: of what was accepted at least once nothing may be lost, nothing may come twice, and
the gateway's memory may not grow.

With \`page\`: the dashboard in headless Chromium, on one page after the other, while 1,000 devices send 5,000 messages a second, for ten
minutes. It has to show 20 frames a second, and neither its memory nor the gateway's may grow.

With \`bridge\`: a bridge to a mosquitto that is away for nine of ten minutes, while 500 messages a second come and the gateway is killed again and
again, until the outbox is full. What was acknowledged may not be lost and has to keep its order; the rest has to be refused with a reason.

With \`cluster\`: three gateways that NATS servers make one conversation, whose links are cut for 30 s at a time, refused and as a black hole, and which are killed
meanwhile; and a thousand schedules of cuts, kills and moves over a stream in memory. Of what is kept nothing may be lost, come twice, or change its order. It takes
about ten minutes, and no options.

  --minutes N     how long (30, page and bridge: 10); two thirds of it with kills, the rest without, to watch the memory
  --kill-every S  seconds between two kills (45)
  --devices N     how many devices by WebSocket (30, page: 1000); the others are in proportion
  --seed N        of the faults (1)
  --help          this text

Exit codes: 0 all is well; 1 something was lost, came twice, or grew; 2 the call is wrong.
`;

/**
 * Reads the command line; throws a TypeError on what it does not know.
 * @param {string[]} args
 */
export function readOptions(args) {
  const isPage = args[0] === 'page';
  const isBridge = args[0] === 'bridge';
  const isCluster = args[0] === 'cluster';
  const { values } = parseArgs({
    args: isPage || isBridge || isCluster ? args.slice(1) : args,
    options: {
      minutes: { type: 'string', default: isPage || isBridge ? '10' : '30' },
      'kill-every': { type: 'string', default: '45' },
      devices: { type: 'string', default: isPage ? '1000' : '30' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  /**
   * @param {'minutes' | 'kill-every' | 'devices' | 'seed'} name
   * @param {number} least
   */
  const number = (name, least) => {
    const value = Number(values[name]);
    if (!(value >= least)) throw new TypeError(`--${name} wants a number of at least ${least}`);
    return value;
  };
  return {
    isPage,
    isBridge,
    isCluster,
    totalMs: number('minutes', 1) * 60_000,
    killEveryMs: number('kill-every', 5) * 1000,
    devices: Math.floor(number('devices', 1)),
    seed: Math.floor(number('seed', 0)),
    help: values.help,
  };
}
