/**
 * `npm start --config x.yaml`, where `--` was forgotten: npm keeps the flag for itself as a setting of its own, hands it down
 * in the environment, and leaves at most its value among the arguments (seen with npm 9 to 11; npm 12 refuses such flags).
 *
 * @param {readonly string[]} args what the script was given
 * @param {NodeJS.ProcessEnv} env
 * @param {readonly { flag: string, isSwitch: boolean }[]} flags what the command knows, such as `--http-port`
 * @param {{ takesWords?: boolean }} options whether words without a flag mean something to the command: then nobody can tell which of
 *   them is the value of a flag
 * @returns {{ args: string[], taken: string[], lost: string[] }} the arguments that were meant; the flags that npm had
 *   taken, and those whose values cannot be told from one another
 */
export function meantArguments(args, env, flags, { takesWords = false } = {}) {
  const taken = [];
  const waiting = [];
  for (const { flag, isSwitch } of flags) {
    // npm tells every script its own prefix, and nobody has to have written it.
    if (flag === '--prefix') continue;
    const value = env[`npm_config_${flag.slice(2).replaceAll('-', '_')}`];
    if (value === undefined || (value === '' && !isSwitch)) continue;
    if (isSwitch) taken.push(value === '' || value === 'false' ? flag.replace('--', '--no-') : flag);
    else if (value === 'true') waiting.push(flag);
    else taken.push(`${flag}=${value}`);
  }
  // npm has a flag -c of its own.
  if (env.npm_config_call && flags.some(({ flag }) => flag === '--config')) {
    taken.push(`--config=${env.npm_config_call}`);
  }
  if (takesWords) {
    // What follows a further `--` is no flag.
    const end = args.includes('--') ? args.indexOf('--') : args.length;
    return { args: [...args.slice(0, end), ...taken, ...args.slice(end)], taken, lost: waiting };
  }
  const behind = args.findIndex((arg) => arg.startsWith('-'));
  const values = behind === -1 ? args : args.slice(0, behind);
  const rest = args.slice(values.length);
  if (waiting.length === 1 && values.length === 1) {
    return { args: [...taken, `${waiting[0]}=${values[0]}`, ...rest], taken: [...taken, ...waiting], lost: [] };
  }
  return { args: [...taken, ...args], taken, lost: waiting };
}
