// npm run check: format, lint, lengths, rooms, regular expressions and types; warnings are errors. `npm run format` mends what can be mended by itself.
import { join } from 'node:path';
import { ensurePackages } from './lib/packages.mjs';
import { needNode, runLoud, tell } from './lib/progress.mjs';
import { ROOT } from './lib/root.mjs';

/** @type {[name: string, script: string, args: string[]][]} */
const CHECKS = [
  ['Format and lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings', '.']],
  ['Format of C++', 'scripts/format-cpp.mjs', []],
  ['Lengths', 'scripts/check-lengths.mjs', []],
  ['Rooms', 'scripts/check-rooms.mjs', []],
  ['Regular expressions', 'scripts/check-regular-expressions.mjs', []],
  ['Types', 'node_modules/typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.json']],
  ['Types of the dashboard', 'node_modules/typescript/bin/tsc', ['--noEmit', '-p', 'gateway/dashboard']],
  ['Types of scripts', 'node_modules/typescript/bin/tsc', ['--noEmit', '-p', 'tsconfig.scripts.json']],
];

needNode();
ensurePackages({ dev: true });
const failed = CHECKS.filter(([name, script, args]) => {
  tell(`${name} ...`);
  return runLoud(process.execPath, [join(ROOT, script), ...args], { tolerate: true }) !== 0;
});
if (failed.length > 0) tell(`Not in order: ${failed.map(([name]) => name).join(', ')}.`);
else tell('All in order.');
process.exitCode = failed.length > 0 ? 1 : 0;
