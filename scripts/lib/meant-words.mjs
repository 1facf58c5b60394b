import { meantArguments } from './npm-flags.mjs';
import { fail, tell } from './progress.mjs';

/** @typedef {{ flag: string, isSwitch: boolean, isHidden?: boolean }} KnownFlag what the command has */

/**
 * What the command was meant to get, where npm has kept flags for itself because `--` was forgotten. It is said; where it cannot be
 * known, the script ends. The command must be built.
 *
 * @param {readonly string[]} command the words that call it, such as `start`; more may follow
 * @param {readonly string[]} args what the script was given
 * @param {string} call how npm should have been called
 * @returns {Promise<string[]>} the arguments
 */
export async function meantWords(command, args, call) {
  /** @type {{ knownFlags(command: readonly string[]): Promise<KnownFlag[]> }} */
  const { knownFlags } = await import(new URL('../../gateway/dist/cli/known-flags.js', import.meta.url).href);
  const flags = await knownFlags(command);
  // `start` takes no words, so that a word can only be the value of a flag.
  const takesWords = command[0] !== 'start';
  const { args: meant, taken, lost } = meantArguments(args, process.env, flags, { takesWords });
  if (lost.length > 0) {
    const words = takesWords ? `${args[0] ?? ''} ... ` : '';
    fail(
      `npm kept ${lost.join(' and ')} for itself. Write "--" before the flags: ${call} ${words}${lost[0]} ...`,
      2,
      'CALL_INVALID',
    );
  }
  /** @param {string} name */
  const isKnown = (name) => flags.some(({ flag, isHidden }) => !isHidden && isSame(flag, name));
  if (taken.length > 0 && taken.every(isKnown)) {
    const whose =
      taken.length === 1 ? "a flag of its own; it is the gateway's" : "flags of its own; they are the gateway's";
    tell(`npm took ${taken.join(' and ')} for ${whose}. Next time: ${call} ${meant.map(quoted).join(' ')}`);
  }
  return meant;
}

/**
 * Whether `name`, as npm gave it (`--port`, `--port=1`, `--no-port`), is this flag.
 * @param {string} flag
 * @param {string} name
 */
function isSame(flag, name) {
  return name.replace(/=.*$/s, '') === flag || name === flag.replace('--', '--no-');
}

/**
 * A word as a shell takes it.
 * @param {string} word
 */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
