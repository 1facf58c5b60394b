#!/usr/bin/env node
// The command, at a place that is there before anything is built, so that npm can link to it when it installs.
import { existsSync } from 'node:fs';

const command = new URL('../dist/cli/main.js', import.meta.url);
if (existsSync(command)) await import(command.href);
else {
  const what = 'The gateway is not built yet: run "npm start" or "npm run build" in its folder once.';
  process.stderr.write(`crosscomm: ${what} [INSTALL_INCOMPLETE]\n`);
  process.exitCode = 2;
}
