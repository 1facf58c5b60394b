// npm run test:home-assistant: fetches the real Home Assistant into .cache, in a Debian of its own (as root), and runs it with the gateway as its
// broker and behind a bridge. `-- --rules` makes the rules anew by which npm test checks what Home Assistant is told. Else, what follows `--`
// goes to Vitest.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt } from './lib/build.mjs';
import { ensureHomeAssistant, makeHomeAssistantRules } from './lib/home-assistant.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { cacheFolder, needNode } from './lib/progress.mjs';
import { ensurePythonPackages } from './lib/python.mjs';
import { ROOT } from './lib/root.mjs';

needNode();
ensurePackages({ dev: true });
cacheFolder();
ensureHomeAssistant();
if (process.argv.includes('--rules')) makeHomeAssistantRules();
else {
  ensureBuilt();
  ensurePythonPackages();
  const vitest = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');
  const config = ['--config', join(ROOT, 'vitest.home-assistant.config.ts')];
  const { status } = spawnSync(process.execPath, [vitest, 'run', ...config, ...process.argv.slice(2)], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}
