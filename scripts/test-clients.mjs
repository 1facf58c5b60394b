// npm run test:clients: fetches and compiles clients of MQTT in Go, Rust and Java, Node-RED, and clients of object storage, by OSS and S3, and runs
// them against the gateway.
// What follows `--` goes to Vitest. With MQTT_CLIENTS_BROKER=mosquitto in the environment those of MQTT talk to a mosquitto instead.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureMqttClients } from './lib/mqtt-clients.mjs';
import { ensureOssClients } from './lib/oss-clients.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { cacheFolder, needNode } from './lib/progress.mjs';
import { ROOT } from './lib/root.mjs';
import { ensureS3Clients } from './lib/s3-clients.mjs';

needNode();
ensurePackages({ dev: true });
cacheFolder();
ensureMqttClients();
ensureS3Clients();
ensureOssClients();
ensureBuilt();

const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const config = ['--config', join(ROOT, 'vitest.clients.config.ts')];
const { status } = spawnSync(process.execPath, [vitest, 'run', ...config, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
