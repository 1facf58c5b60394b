// npm start: installs and builds what is missing, then is `crosscomm start`. What follows `--` goes to it.
import { ensureCommand, runCommand } from './lib/command.mjs';
import { meantArguments } from './lib/npm-flags.mjs';
import { fail, tell } from './lib/progress.mjs';

ensureCommand();
const { startFlags } = await import('../gateway/dist/cli/flags.js');
const { args, taken, lost } = meantArguments(process.argv.slice(2), process.env, startFlags());
if (lost.length > 0) {
  fail(`npm kept ${lost.join(' and ')} for itself. Write "--" before the flags: npm start -- ${lost[0]} ...`, 2);
}
if (taken.length > 0) {
  tell(
    `npm took ${taken.join(' and ')} for a flag of its own; it is the gateway's. Next time: npm start -- ${args.join(' ')}`,
  );
}
await runCommand(['start', ...args]);
