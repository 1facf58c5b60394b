import { Command } from 'commander';
import { EXIT, paintOf, type Shell } from './shell.ts';
import { version } from './version.ts';

const EXAMPLES = `
Examples:
  crosscomm start                                  open every door on this machine
  crosscomm start --config crosscomm.yaml          as the file says
  crosscomm send lights '{"on": true}'             tell every client that listens to lights
  crosscomm send serial-A1B2 'LED ON'              tell one board
  crosscomm listen                                 watch the whole conversation
  crosscomm listen temperature 'sensors/+'         watch some channels
  crosscomm listen temperature --json | jq .content

Exit codes: 0 fine; 1 it failed; 2 the call, the configuration or this machine does not allow it.`;

const START_EXAMPLES = `
Every key of the configuration is a flag too, and goes before the file; its default is in brackets.
Only lists of serial ports need a file. Secrets come from the environment: CROSSCOMM_OOCSI_USERS="name:password,..."

Examples:
  crosscomm start --http-port 8080 --no-serial-auto-detect
  crosscomm start --http-host 0.0.0.0 --auth-anonymous allow     let others in, whoever they are
  crosscomm start --json --http-port 0 --oocsi-port 0 --mqtt-port 0     on free ports, for a program that reads which`;

const URL_HELP = 'the gateway (CROSSCOMM_URL, or ws://127.0.0.1:9898)';

/** What the action of a command found out, for `run`. */
export interface Outcome {
  exitCode: number;
}

/**
 * The commands. Each loads what it needs when it runs, and the flags of `start` are made only where they are needed, so
 * that `crosscomm send` costs no more than it must.
 */
export async function createProgram(
  shell: Shell,
  argv: readonly string[],
): Promise<{ program: Command; outcome: Outcome }> {
  const outcome: Outcome = { exitCode: EXIT.fine };
  const program = new Command('crosscomm')
    .description('One conversation for programs and devices: CrossComm, OOCSI, MQTT and serial lines.')
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .addHelpText('after', EXAMPLES)
    .showHelpAfterError('(crosscomm --help explains)')
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => shell.stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'crosscomm: ')),
      getOutHasColors: () => paintOf(shell).bold('x') !== 'x',
      getErrHasColors: () => false,
    })
    .configureHelp({ styleTitle: (text) => paintOf(shell).bold(text) })
    .exitOverride();

  await addStart(program, shell, outcome, argv.includes('start'));
  addConfig(program, shell, outcome);
  addSerial(program, shell, outcome);
  addSend(program, shell, outcome);
  addListen(program, shell, outcome);
  return { program, outcome };
}

async function addStart(program: Command, shell: Shell, outcome: Outcome, withFlags: boolean): Promise<void> {
  const command = program
    .command('start')
    .summary('run the gateway until Ctrl-C')
    .description('Runs the gateway until Ctrl-C, SIGINT or SIGTERM. It says when every door is open.')
    .option('-c, --config <file>', 'a configuration in YAML; crosscomm.example.yaml explains every key')
    .option('--json', 'print one line of JSON when every door is open, and log in JSON')
    .addHelpText('after', START_EXAMPLES);
  if (withFlags) {
    const { addConfigFlags } = await import('./flags.ts');
    addConfigFlags(command);
  }
  command.action(async ({ config, json }: { config?: string; json?: boolean }) => {
    const [{ overridesFrom }, { start }] = await Promise.all([import('./flags.ts'), import('./commands/start.ts')]);
    const overrides = overridesFrom(command);
    outcome.exitCode = await start(shell, { ...(config && { config }), ...(json && { json }), overrides });
  });
}

function addConfig(program: Command, shell: Shell, outcome: Outcome): void {
  const config = program
    .command('config')
    .description('Work with configuration files.')
    .summary('check a configuration');
  config
    .command('check')
    .description('Says what is wrong with a configuration file, line by line. Starts nothing.')
    .argument('<file>', 'the YAML file')
    .addHelpText(
      'after',
      '\nExample:\n  crosscomm config check crosscomm.yaml && crosscomm start --config crosscomm.yaml',
    )
    .action(async (file: string) => {
      const { configCheck } = await import('./commands/config-check.ts');
      outcome.exitCode = configCheck(shell, file);
    });
}

function addSerial(program: Command, shell: Shell, outcome: Outcome): void {
  const serial = program.command('serial').description('Work with serial ports.').summary('list the serial ports');
  serial
    .command('list')
    .description('Lists the USB serial ports of this machine, and the client ids their boards get.')
    .option('--json', 'one line of JSON for each port')
    .addHelpText('after', '\nExample:\n  crosscomm serial list --json | jq -r .path')
    .action(async (options: { json?: boolean }) => {
      const { serialList } = await import('./commands/serial-list.ts');
      outcome.exitCode = await serialList(shell, options);
    });
}

function addSend(program: Command, shell: Shell, outcome: Outcome): void {
  program
    .command('send')
    .summary('send a message to a channel or a client')
    .description(
      'Sends one message through a running gateway. What is a JSON object is sent as a dict, everything else as text.',
    )
    .argument('<channel>', 'a channel, or the id of a client')
    .argument('<text-or-json>', 'the message')
    .option('--url <url>', URL_HELP)
    .option('--from <id>', 'send under this name instead of a fresh one; it must not be in use')
    .option('--json', 'print what was sent as one line of JSON')
    .addHelpText(
      'after',
      `\nExamples:\n  crosscomm send lights '{"on": true}'\n  crosscomm send serial-A1B2 'LED ON'\n  crosscomm send notes -- -5`,
    )
    .action(async (channel: string, text: string, options: { url?: string; from?: string; json?: boolean }) => {
      const { send } = await import('./commands/send.ts');
      outcome.exitCode = await send(shell, channel, text, options);
    });
}

function addListen(program: Command, shell: Shell, outcome: Outcome): void {
  program
    .command('listen')
    .summary('watch channels, or everything')
    .description('Prints the messages of channels until Ctrl-C; without a channel, of all of them.')
    .argument('[channels...]', 'channels; + stands for one level and a last # for all that follow')
    .option('--url <url>', URL_HELP)
    .option('--json', 'one line of JSON for each message')
    .addHelpText(
      'after',
      `\nExamples:\n  crosscomm listen\n  crosscomm listen temperature 'sensors/#'\n  crosscomm listen temperature --json | jq .content`,
    )
    .action(async (channels: string[], options: { url?: string; json?: boolean }) => {
      const { listen } = await import('./commands/listen.ts');
      outcome.exitCode = await listen(shell, channels, options);
    });
}
