// A step of npm run check: no source or test in C, C++, Python or the shell has more than 400 lines. Headers may, as one can be the whole
// of an interface; Biome counts TypeScript and JavaScript by the same number (biome.json).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './lib/root.mjs';
import { trackedFiles } from './lib/tracked-files.mjs';

const MAX_LINES = 400;

for (const file of trackedFiles(['*.c', '*.cpp', '*.ino', '*.py', '*.sh'])) {
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n').length - 1;
  if (lines <= MAX_LINES) continue;
  console.error(`${file} has ${lines} lines, more than ${MAX_LINES}: part it by what it does.`);
  process.exitCode = 1;
}
