import { Command, Option } from 'commander';
import { version } from '../common/version.ts';
import { addAccount } from './account-program.ts';
import { addAutomations } from './automations-program.ts';
import { addBackup } from './backup-program.ts';
import { addClass } from './class-program.ts';
import { addCluster } from './cluster-program.ts';
import type { DiscoverOptions } from './commands/discover.ts';
import type { ListenOptions } from './commands/listen.ts';
import type { OssKeysCreateOptions, OssKeysOptions } from './commands/oss-keys.ts';
import type { SendOptions } from './commands/send.ts';
import type { SimOptions } from './commands/sim.ts';
import { addDoctor } from './doctor-program.ts';
import { addFlash } from './flash-program.ts';
import * as help from './help.ts';
import { addOta } from './ota-program.ts';
import { addPair, addSerialApprove } from './pairing-program.ts';
import { addPlaceFlags, addReachFlags, CONFIG_HELP, gather } from './place-flags.ts';
import type { ReachOptions } from './reach.ts';
import { addRecord } from './record-program.ts';
import { addRole } from './role-program.ts';
import { addSetup } from './setup-program.ts';
import { addShapes } from './shapes-program.ts';
import { callOf, commandOf, EXIT, fitted, type Outcome, paintOf, type Shell, UsageError, withCalls } from './shell.ts';
import { addTls } from './tls-program.ts';
import { addTrace } from './trace-program.ts';

/** What a line of help may have where the terminal does not say how wide it is. */
const HELP_COLUMNS = 80;

const ACCOUNT_HELP = 'whose password or token is in CROSSCOMM_TOKEN; without that it is asked for';

/**
 * The commands. Each loads what it needs when it runs, and the flags of `start` are made only where they are needed, so
 * that `crosscomm send` costs no more than it must.
 */
export async function createProgram(
  shell: Shell,
  argv: readonly string[],
): Promise<{ program: Command; outcome: Outcome }> {
  const outcome: Outcome = { exitCode: EXIT.fine };
  const program = new Command(commandOf(shell.env))
    .description(
      'A self-hosted IoT gateway and MQTT broker that bridges MQTT, OOCSI, CrossComm, WebSocket, HTTP and serial ports.',
    )
    .version(version(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command')
    .addHelpText('after', withCalls(shell.env, help.COMMAND_HELP))
    .configureOutput({
      writeOut: (text) => shell.stdout.write(text),
      writeErr: (text) => shell.stderr.write(text),
      outputError: (text, write) =>
        write(fitted(shell.stderr, text.replace(/^error: (.*)/, 'crosscomm: $1 [CALL_INVALID]'))),
      getOutHasColors: () => paintOf(shell).bold('x') !== 'x',
      getErrHasColors: () => false,
    })
    .configureHelp({
      styleTitle: (text) => paintOf(shell).bold(text),
      helpWidth: shell.stdout.columns ?? HELP_COLUMNS,
      minWidthToWrap: 20,
    })
    .exitOverride();

  await addStart(program, shell, outcome, argv.includes('start'));
  addSetup(program, shell, outcome);
  addConfig(program, shell, outcome);
  addStatus(program, shell, outcome);
  addDoctor(program, shell, outcome);
  addAccount(program, shell, outcome);
  addRole(program, shell, outcome);
  addClass(program, shell, outcome);
  addPair(program, shell, outcome);
  addSerial(program, shell, outcome);
  addFlash(program, shell, outcome);
  addOta(program, shell, outcome);
  addTls(program, shell, outcome);
  addBackup(program, shell, outcome);
  addOssKeys(program, shell, outcome);
  addUploads(program, shell, outcome);
  addSend(program, shell, outcome);
  addListen(program, shell, outcome);
  addTrace(program, shell, outcome);
  addShapes(program, shell, outcome);
  addAutomations(program, shell, outcome);
  addRecord(program, shell, outcome);
  addDiscover(program, shell, outcome);
  addCluster(program, shell, outcome);
  addSim(program, shell, outcome);
  for (const command of program.commands) pointToHelp(command, shell);
  program.showHelpAfterError(`(${callOf(shell.env, '--help')} explains)`);
  return { program, outcome };
}

/** A command that was called wrongly points to its own help. */
function pointToHelp(command: Command, shell: Shell, above = ''): void {
  const path = `${above}${command.name()} `;
  command.showHelpAfterError(`(${callOf(shell.env, `${path}--help`)} explains)`);
  for (const each of command.commands) pointToHelp(each, shell, path);
}

async function addStart(program: Command, shell: Shell, outcome: Outcome, withFlags: boolean): Promise<void> {
  const command = program
    .command('start')
    .summary('run the gateway until Ctrl-C')
    .description('Runs the gateway until Ctrl-C, SIGINT or SIGTERM. It says when every listener is open.')
    .allowExcessArguments()
    .option('-c, --config <file>', CONFIG_HELP)
    .addOption(new Option('--port <number>').hideHelp())
    .addOption(new Option('--host <address>').hideHelp())
    .option('--json', 'print one line of JSON when every listener is open, and log in JSON')
    .addHelpText('after', withCalls(shell.env, help.START_HELP));
  if (withFlags) {
    const { addConfigFlags } = await import('./flags.ts');
    addConfigFlags(command);
  }
  command.action(async (flags: StartFlags) => {
    const { config, json } = flags;
    refuseMistaken(shell, command, flags);
    const [{ overridesFrom }, { start }] = await Promise.all([import('./flags.ts'), import('./commands/start.ts')]);
    const overrides = overridesFrom(command);
    outcome.exitCode = await start(shell, { ...(config && { config }), ...(json && { json }), overrides });
  });
}

interface StartFlags {
  config?: string;
  json?: boolean;
  port?: string;
  host?: string;
}

/** What people write who know another program's command line, and what they mean here. */
function refuseMistaken({ env }: Shell, { args: [word], options }: Command, { port, host }: StartFlags): void {
  if (port !== undefined || host !== undefined) {
    const flag = port === undefined ? 'host' : 'port';
    const known = options
      .flatMap(({ long }) => (long?.endsWith(`-${flag}`) ? [long] : []))
      .filter((long) => long !== `--${flag}` && !long.endsWith('-tls-port'));
    const example = callOf(env, `start --http-${flag} ${port ?? host}`);
    throw new UsageError(
      `There is no --${flag}, as each listener has its own: ${known.join(', ')}. For example: ${example}`,
    );
  }
  if (word === undefined) return;
  if (/\.(ya?ml|json)$/i.test(word)) {
    throw new UsageError(`"${word}" needs its flag: ${callOf(env, `start --config ${word}`)}`);
  }
  throw new UsageError(
    `"${word}" is no flag, and start takes nothing else: "${callOf(env, 'start --help')}" shows them.`,
  );
}

function addConfig(program: Command, shell: Shell, outcome: Outcome): void {
  const config = program
    .command('config')
    .description('Work with configuration files.')
    .summary('check a configuration');
  config
    .command('check')
    .description('Says what is wrong with a configuration file, line by line. Starts nothing.')
    .argument('[file]', 'the YAML file (crosscomm.yaml in this folder)')
    .addHelpText('after', withCalls(shell.env, help.CHECK_HELP))
    .action(async (file: string | undefined) => {
      const { configCheck } = await import('./commands/config-check.ts');
      outcome.exitCode = configCheck(shell, file);
    });
}

function addStatus(program: Command, shell: Shell, outcome: Outcome): void {
  addReachFlags(program.command('status'))
    .summary('see how a running gateway is doing')
    .description(
      'Shows what listens, who is connected, how much goes through a running gateway and waits in it, and its problems.',
    )
    .option('--json', 'print one line of JSON: what GET /status has, with rates, queues and problems')
    .addHelpText('after', withCalls(shell.env, help.STATUS_HELP))
    .action(async (options: ReachOptions & { json?: boolean }) => {
      const { status } = await import('./commands/status.ts');
      outcome.exitCode = await status(shell, options);
    });
}

function addDiscover(program: Command, shell: Shell, outcome: Outcome): void {
  program
    .command('discover')
    .summary('find the gateways of this network')
    .description('Lists the gateways that announce themselves in the networks of this machine (mDNS).')
    .option('--seconds <number>', 'how long they may take to answer; 2 if you do not say it')
    .option('--json', 'one line of JSON for each gateway')
    .addHelpText('after', withCalls(shell.env, help.DISCOVER_HELP))
    .action(async (options: DiscoverOptions) => {
      const { discover } = await import('./commands/discover.ts');
      outcome.exitCode = await discover(shell, options);
    });
}

function addSerial(program: Command, shell: Shell, outcome: Outcome): void {
  const serial = program
    .command('serial')
    .description('The serial ports of this machine, and the boards at them.')
    .summary('list the serial ports, and let new boards join');
  serial
    .command('list')
    .description(
      'Lists the serial ports: those of the configuration, and the USB ports of this machine, with the client ids their boards get.',
    )
    .option('-c, --config <file>', CONFIG_HELP)
    .option('--json', 'one line of JSON for each port')
    .addHelpText('after', withCalls(shell.env, help.SERIAL_LIST_HELP))
    .action(async (options: { config?: string; json?: boolean }) => {
      const { serialList } = await import('./commands/serial-list.ts');
      outcome.exitCode = await serialList(shell, options);
    });
  addSerialApprove(serial, shell, outcome);
}

function addOssKeys(program: Command, shell: Shell, outcome: Outcome): void {
  const keys = program
    .command('oss-keys')
    .summary('keys for clients of object storage (OSS, S3)')
    .description(
      "Manages the access keys with which clients of Aliyun's object storage (OSS) and of S3 sign their requests to the gateway. " +
        'Changes take effect at once, whether the gateway runs or not.',
    );
  const add = (line: string, help: string): Command => addReachFlags(keys.command(line).description(help));
  add('create [name]', 'Makes a key, and prints the variables that a client needs. The secret is not shown again.')
    .option('--account <name>', 'the account that the key belongs to, whose rights it has (otherwise: everything)')
    .option('--prefix <text>', 'the key is for objects whose keys begin with this')
    .option('--s3', 'prints what clients of S3 need, such as boto3 and rclone')
    .addHelpText('after', withCalls(shell.env, help.KEY_CREATE_HELP))
    .action(async (name: string | undefined, options: OssKeysCreateOptions) => {
      const { ossKeysCreate } = await import('./commands/oss-keys.ts');
      outcome.exitCode = await ossKeysCreate(shell, name ?? '', options);
    });
  add('list', 'Lists the keys, without their secrets.')
    .option('--json', 'one line of JSON for each key')
    .action(async (options: OssKeysOptions & { json?: boolean }) => {
      const { ossKeysList } = await import('./commands/oss-keys.ts');
      outcome.exitCode = await ossKeysList(shell, options);
    });
  add('revoke <id>', 'Removes a key. Requests signed with it are refused from now on.').action(
    async (id: string, options: OssKeysOptions) => {
      const { ossKeysRevoke } = await import('./commands/oss-keys.ts');
      outcome.exitCode = await ossKeysRevoke(shell, id, options);
    },
  );
}

function addUploads(program: Command, shell: Shell, outcome: Outcome): void {
  const uploads = program
    .command('uploads')
    .summary('show, retry and drop uploads of files')
    .description('Manages files and images that are not in the object store yet. Works on the machine of the gateway.');
  addReachFlags(uploads.command('list'))
    .description(
      'Lists the uploads that are active, wait for the store or their recipient, or have failed, with the reason.',
    )
    .option('--json', 'one line of JSON for each upload')
    .addHelpText('after', withCalls(shell.env, help.UPLOADS_HELP))
    .action(async (options: ReachOptions & { json?: boolean }) => {
      const { uploadsList } = await import('./commands/uploads.ts');
      outcome.exitCode = await uploadsList(shell, options);
    });
  addReachFlags(uploads.command('retry'))
    .description('Tries a failed upload again, and all uploads that wait for the store.')
    .argument('<id>', 'as the list shows it')
    .action(async (id: string, options: ReachOptions) => {
      const { uploadsRetry } = await import('./commands/uploads.ts');
      outcome.exitCode = await uploadsRetry(shell, id, options);
    });
  addReachFlags(uploads.command('drop'))
    .description('Gives up an upload, and deletes its content.')
    .argument('<id>', 'as the list shows it')
    .action(async (id: string, options: ReachOptions) => {
      const { uploadsDrop } = await import('./commands/uploads.ts');
      outcome.exitCode = await uploadsDrop(shell, id, options);
    });
}

function addSend(program: Command, shell: Shell, outcome: Outcome): void {
  const command = addReachFlags(program.command('send'))
    .summary('send a message to a channel or a client')
    .description('Sends one message through a running gateway: a JSON object as a dict, everything else as text.')
    .argument('<channel>', 'a channel, or the id of a client')
    .argument('<text-or-json>', 'the message')
    .option('--account <name>', ACCOUNT_HELP)
    .option('--from <id>', 'send under this client id instead of a made-up one; no client may have it')
    .option('--json', 'print what was sent as one line of JSON')
    .allowExcessArguments()
    .addHelpText('after', withCalls(shell.env, help.SEND_HELP));
  command.action(async (channel: string, text: string, options: SendOptions) => {
    const words = command.args.slice(1);
    if (words.length > 1) {
      const call = callOf(shell.env, `send ${channel} '${words.join(' ')}'`);
      throw new UsageError(`A message of several words stands in quotes: ${call}`);
    }
    const { send } = await import('./commands/send.ts');
    outcome.exitCode = await send(shell, channel, text, options);
  });
}

function addListen(program: Command, shell: Shell, outcome: Outcome): void {
  addReachFlags(program.command('listen'))
    .summary('show the messages of channels, or all')
    .description('Prints the messages of channels until Ctrl-C; without a channel, those of all channels.')
    .argument('[channels...]', 'channels or topic filters: + stands for one level, # at the end for all that follow')
    .option('--account <name>', ACCOUNT_HELP)
    .option('--json', 'one line of JSON for each message')
    .addHelpText('after', withCalls(shell.env, help.LISTEN_HELP))
    .action(async (channels: string[], options: ListenOptions) => {
      const { listen } = await import('./commands/listen.ts');
      outcome.exitCode = await listen(shell, channels, options);
    });
}

function addSim(program: Command, shell: Shell, outcome: Outcome): void {
  const command = program
    .command('sim')
    .summary('simulate devices')
    .description('Simulates devices that send readings in frames, with faults if you like, until Ctrl-C.');
  addPlaceFlags(command)
    .option('-n, --devices <number>', 'how many', '1')
    .option('--id <name>', 'their ids are this name with -1, -2 ...', 'sim')
    .option('--url <url>', 'the gateway: HOST, ws://, wss:// or mqtt:// (CROSSCOMM_URL, or ws://127.0.0.1:9898)')
    .option('--pty <folder>', 'use pseudo-terminals instead of a network: this folder gets a link for each device')
    .option('--pair <code>', 'get a token by this pairing code, which serves for one device')
    .option('--reading <what>', 'what they send; may be given several times', gather)
    .option('--subscribe <channel>', 'what they subscribe to; may be given several times', gather)
    .option('--at-most-once', 'send readings once, and only while there is a link')
    .option('--lose-link <every>', 'how often a device loses its link, on average')
    .option('--reset <every>', 'how often a device is reset, on average: it forgets everything and has a new boot id')
    .option('--away <duration>', 'how long it is offline after that, on average', '2s')
    .option('--noise <number>', 'with --pty: one of so many bytes is changed, in both directions')
    .option('--slow <bytes>', 'how many bytes a device reads in a second')
    .option('--max-frame <bytes>', 'the longest frame that a device accepts', '1024')
    .option('--window <bytes>', 'how many unacknowledged bytes a device accepts', '4096')
    .option('--seed <number>', 'the same seed gives each device the same readings and faults; default: random')
    .option('--duration <time>', 'end after this time')
    .option('--json', 'a line of JSON for each event, and the counts every second')
    .addHelpText('after', withCalls(shell.env, help.SIM_HELP))
    .action(async (options: SimOptions) => {
      const { sim } = await import('./commands/sim.ts');
      outcome.exitCode = await sim(shell, options);
    });
}
