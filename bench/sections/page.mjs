import { once } from 'node:events';
import { get } from 'node:http';
import { atMostTimesPeer } from '../asked.mjs';
import { Cast } from '../cast.mjs';
import { startGateway } from '../subjects/gateway.mjs';
import { Load } from '../subjects/load.mjs';
import { costRow } from './rows.mjs';
import { WINDOW } from './throughput.mjs';

/** @import { Asked } from '../types.ts' */
/** @import { Bench } from '../bench.mjs' */

const TITLE = 'A page open';
const ALONE = 'no page';
const ONE_TO_ONE = { senders: 1, receivers: 1, pairs: false };
/** What an open page may cost of the processor time of a message. */
const ASKED = atMostTimesPeer(1.03, ALONE);
const SHOW = 'overview,clients,channels,messages';

/** @type {{ name: string, protocol: string, settings: Record<string, object>, asked: Asked }[]} */
const LINES = [
  { name: 'OOCSI, 1 sender -> 1 receiver', protocol: 'oocsi', settings: {}, asked: ASKED },
  { name: 'MQTT QoS 0, 1 sender -> 1 receiver', protocol: 'mqtt', settings: {}, asked: ASKED },
  {
    name: 'MQTT QoS 0, our own core, 1 sender -> 1 receiver',
    protocol: 'mqtt',
    settings: { mqtt: { core: 'own' } },
    asked: ASKED,
  },
];

/**
 * What a page costs that shows everything that happens while a conversation goes on at full speed: the processor time of a message, in one
 * gateway, with the page and without it in turn.
 * @param {Bench} bench
 */
export async function benchPage(bench) {
  const wanted = bench.wanted(TITLE, LINES);
  if (wanted.length === 0) return;
  const { rounds, warmupMs, measureMs, profile } = bench.options;
  const note =
    "the gateway's processor time for a message, with a page that shows everything, as many messages as it takes";
  bench.begin({ title: TITLE, note, more: 'messages', showsLoss: true });
  for (const { settings, ...line } of wanted) {
    const server = await startGateway({ profile, settings });
    // One process, as two of them differ by more than the page costs.
    const { targets, pid } = server;
    const member = () => Promise.resolve({ stop: async () => {} });
    const cast = await Cast.start({ gateway: member, [ALONE]: member });
    const load = new Load();
    const rows = await cast.alternate(rounds, async (_, who) => {
      const closePage = who === ALONE ? () => {} : await openPage(targets.crosscomm);
      try {
        const to = targets[line.protocol];
        const job = { from: to, to, address: 'channel', window: WINDOW, pid };
        return await load.run('throughput', { ...job, ...ONE_TO_ONE, warmupMs, measureMs });
      } finally {
        closePage();
      }
    });
    load.stop();
    bench.add({ ...line, unit: 'us' }, rows.map(costRow));
    await server.stop();
  }
}

/**
 * Opens the stream of events that a page reads. Returns what closes it.
 * @param {{ host: string, port: number }} gateway
 */
async function openPage({ host, port }) {
  const request = get({ host, port, path: `/api/v1/events?show=${SHOW}` });
  const [response] = await once(request, 'response');
  if (response.statusCode !== 200) throw new Error(`the page was answered ${response.statusCode}`);
  response.on('error', () => {});
  response.resume();
  return () => request.destroy();
}
