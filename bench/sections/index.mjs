import { benchAccounts } from './accounts.mjs';
import { benchAutomations } from './automations.mjs';
import { benchBackup } from './backup.mjs';
import { benchBridge } from './bridge.mjs';
import { benchBridges } from './bridges.mjs';
import { benchBroker } from './broker/index.mjs';
import { benchFiles } from './files.mjs';
import { benchFirmware } from './firmware.mjs';
import { benchFrames } from './frames.mjs';
import { benchGatewayFiles } from './gateway-files.mjs';
import { benchGateways } from './gateways.mjs';
import { benchHistory } from './history.mjs';
import { benchIdle } from './idle.mjs';
import { benchLargeUpload } from './large-upload.mjs';
import { benchLatency } from './latency.mjs';
import { benchMetrics } from './metrics.mjs';
import { benchObjects } from './objects.mjs';
import { benchPage } from './page.mjs';
import { benchRoom } from './room.mjs';
import { benchSerial } from './serial.mjs';
import { benchShapes } from './shapes.mjs';
import { benchSilent } from './silent.mjs';
import { benchStartup } from './startup.mjs';
import { benchThroughput } from './throughput.mjs';
import { benchTls } from './tls.mjs';
import { benchWildcards } from './wildcards.mjs';

/** @import { Bench } from '../bench.mjs' */

/**
 * The sections of the bench, in their order: `titles` as they are printed, which --only matches, and what they are about.
 * @type {{ titles: string, about: string, run: (bench: Bench) => Promise<void> }[]}
 */
export const SECTIONS = [
  {
    titles: 'OOCSI, CrossComm, MQTT, Open Sound Control by TCP',
    about: 'messages a second within one protocol',
    run: benchThroughput,
  },
  {
    titles: 'Broker',
    about:
      'all that an MQTT broker does, in MQTT 3.1.1 and 5: QoS, many subscribers, joins, memory, retained, queues, restarts',
    run: benchBroker,
  },
  { titles: 'A bridge to another broker', about: 'messages a second to and from a mosquitto', run: benchBridge },
  { titles: 'Wildcards', about: 'a message, beside 20,000 topic filters of others', run: benchWildcards },
  { titles: 'Accounts', about: 'messages and joins with 1,000 accounts', run: benchAccounts },
  { titles: 'A page open', about: 'what a page costs that shows everything that happens', run: benchPage },
  { titles: 'History', about: 'what it costs to remember what 100 channels say', run: benchHistory },
  { titles: 'Automations', about: 'what 100 cost messages that none looks at', run: benchAutomations },
  { titles: 'Shapes', about: 'what it costs to learn what channels carry', run: benchShapes },
  {
    titles: 'A room together',
    about: 'what one beat of 500 clients and what they know of one another costs',
    run: benchRoom,
  },
  { titles: 'Metrics', about: 'how soon /metrics answers, and what it costs to be read', run: benchMetrics },
  { titles: 'TLS', about: 'messages and handshakes', run: benchTls },
  { titles: 'From one protocol to another', about: 'messages a second', run: benchBridges },
  { titles: 'From gateway to gateway', about: 'messages a second from hub to hub, by NATS', run: benchGateways },
  { titles: 'Files of another gateway', about: 'one of 64 MiB, by NATS', run: benchGatewayFiles },
  { titles: 'Latency', about: 'between all protocols, at 1,000 messages a second', run: benchLatency },
  { titles: 'Latency, serial', about: 'the same with a device on a serial port', run: benchSerial },
  {
    titles: 'Frames',
    about: 'bytes, AVR cycles, a simulated Uno, one device, 1,000 devices',
    run: benchFrames,
  },
  { titles: 'Firmware over the air', about: 'one board, and 200 at once', run: benchFirmware },
  { titles: 'Files of devices, Images for displays', about: 'uploads, and images for displays', run: benchFiles },
  { titles: 'Objects by S3', about: 'uploads, downloads and lists by boto3 and rclone', run: benchObjects },
  { titles: 'A file of 1 GiB by HTTP', about: 'speed and memory', run: benchLargeUpload },
  { titles: 'A backup of 1 GiB', about: 'what it costs those who send meanwhile', run: benchBackup },
  { titles: 'Idle clients', about: 'memory for each of 5,000', run: benchIdle },
  { titles: 'Silent connections', about: 'memory for each of 10,000, and a newcomer', run: benchSilent },
  { titles: 'At rest', about: 'start and memory without any client', run: benchStartup },
];
