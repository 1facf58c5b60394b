// npm run test:clients: fetches and compiles clients of MQTT in Go, Rust and Java, and Node-RED, and runs them against the gateway.
// What follows `--` goes to Vitest. With MQTT_CLIENTS_BROKER=mosquitto in the environment they talk to a mosquitto instead.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureMqttClients } from './lib/mqtt-clients.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { cacheFolder, needNode } from './lib/progress.mjs';
import { ROOT } from './lib/root.mjs';

needNode();
ensurePackages({ dev: true });
cacheFolder();
ensureMqttClients();
ensureBuilt();

const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
const config = ['--config', join(ROOT, 'vitest.clients.config.ts')];
const { status } = spawnSync(process.execPath, [vitest, 'run', ...config, ...process.argv.slice(2)], {
  cwd: ROOT,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
