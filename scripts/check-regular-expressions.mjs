// A step of npm run check: no regular expression in what runs beside peers may take more than linear time, as a peer that
// chooses the text would choose how long the event loop stands still.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { findSlowPatterns } from './lib/regular-expressions.mjs';
import { ROOT } from './lib/root.mjs';

const FOLDERS = [
  'gateway/src',
  'gateway/dashboard/src',
  'device-sdk/node/src',
  'device-sdk/protocol/src',
  'device-sdk/sim/src',
];

for (const folder of FOLDERS) {
  for (const name of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
    if (!/\.tsx?$/.test(name)) continue;
    const file = join(ROOT, folder, name);
    for (const { line, pattern, why } of findSlowPatterns(file, readFileSync(file, 'utf8'))) {
      console.error(`${relative(ROOT, file)}:${line}: ${pattern} ${why}`);
      process.exitCode = 1;
    }
  }
}
