// npm start: installs and builds what is missing, then is `crosscomm start`. What follows `--` goes to it.
import { ensureCommand, runCommand } from './lib/command.mjs';
import { meantWords } from './lib/meant-words.mjs';

ensureCommand();
await runCommand(['start', ...(await meantWords(['start'], process.argv.slice(2), 'npm start --'))]);
