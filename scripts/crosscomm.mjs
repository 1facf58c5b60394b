// npm run crosscomm -- ...: the command of this clone; the first time it installs and builds what is missing.
import { ensureCommand, runCommand } from './lib/command.mjs';
import { meantWords } from './lib/meant-words.mjs';

ensureCommand();
const words = process.argv.slice(2);
await runCommand(await meantWords(words, words, 'npm run crosscomm --'));
