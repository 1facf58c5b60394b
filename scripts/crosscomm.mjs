// npm run crosscomm -- ...: the command of this clone; the first time it installs and builds what is missing.
import { ensureCommand, runCommand } from './lib/command.mjs';

ensureCommand();
await runCommand(process.argv.slice(2));
