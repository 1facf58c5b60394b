import type { Command } from 'commander';
import type { OtaFleetOptions, OtaKeygenOptions, OtaSendOptions } from './commands/ota.ts';
import type { OtaStatusOptions } from './commands/ota-status.ts';
import * as help from './help.ts';
import { addReachFlags } from './place-flags.ts';
import type { ReachOptions } from './reach.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm ota`. */
export function addOta(program: Command, shell: Shell, outcome: Outcome): void {
  const commands = () => import('./commands/ota.ts');
  const ota = program
    .command('ota')
    .summary('send new firmware to boards in the network')
    .description(
      'New firmware without a cable, for an ESP32 or ESP8266 whose sketch has CrossCommOta.h of the Arduino library.',
    );
  ota
    .command('keygen')
    .description('Makes a key to sign firmware with, and prints the line with its public half for the sketch.')
    .argument('[file]', 'the new file with the private key', 'firmware.key')
    .option('--show', 'only print the line for a key that is there')
    .option('--json', 'print one line of JSON')
    .addHelpText('after', withCalls(shell.env, help.OTA_KEYGEN_HELP))
    .action(async (file: string, options: OtaKeygenOptions) => {
      outcome.exitCode = await (await commands()).otaKeygen(shell, file, options);
    });
  const send = ota
    .command('send')
    .description('Signs firmware, sends it to a board, and waits until the board says that it runs.')
    .argument('<client>', 'the client id of the board')
    .argument('<file>', 'the application for an ESP32 or ESP8266: NAME.ino.bin');
  addFirmwareFlags(send)
    .option('--force', 'the board takes it though it is no newer than what it runs')
    .option('--wait <minutes>', 'how long to show what happens with a board that is away', '10')
    .option('--json', 'one line of JSON for each thing that happens')
    .addHelpText('after', withCalls(shell.env, help.OTA_SEND_HELP))
    .action(async (client: string, file: string, options: OtaSendOptions) => {
      outcome.exitCode = await (await commands()).otaSend(shell, client, file, options);
    });
  const fleet = ota
    .command('fleet')
    .description('Signs firmware, and sends it to many boards, some at a time, until too many fail.')
    .argument('<file>', 'the application for an ESP32 or ESP8266: NAME.ino.bin')
    .argument('<clients...>', "client ids; 'lamp-*' is each known one that begins so");
  addFirmwareFlags(fleet)
    .option('--at-once <boards>', 'how many boards take it at once', '5')
    .option('--stop-after <boards>', 'after so many failures nothing more is sent', '1')
    .option('--wait <minutes>', 'how long to show what happens once all others are away', '10')
    .option('--json', 'one line of JSON for each thing that happens')
    .addHelpText('after', withCalls(shell.env, help.OTA_FLEET_HELP))
    .action(async (file: string, clients: string[], options: OtaFleetOptions) => {
      outcome.exitCode = await (await commands()).otaFleet(shell, file, clients, options);
    });
  addReachFlags(
    ota
      .command('status')
      .description('Shows what firmware was sent, and how it goes; with a number, board by board.')
      .argument('[number]', 'the number that fleet and send have shown'),
  )
    .option('--json', 'print one line of JSON')
    .addHelpText('after', withCalls(shell.env, help.OTA_STATUS_HELP))
    .action(async (id: string | undefined, options: OtaStatusOptions) => {
      outcome.exitCode = await (await import('./commands/ota-status.ts')).otaStatus(shell, id, options);
    });
  addReachFlags(
    ota
      .command('stop')
      .description('Sends nothing more of it. Boards that have all of it already begin it all the same.')
      .argument('<number>', 'the number that "ota status" shows'),
  )
    .addHelpText('after', withCalls(shell.env, help.OTA_STOP_HELP))
    .action(async (id: string, options: ReachOptions) => {
      outcome.exitCode = await (await commands()).otaStop(shell, id, options);
    });
}

/** The flags that say what is sent, and from where. */
function addFirmwareFlags(command: Command): Command {
  return addReachFlags(command)
    .option('--firmware-version <version>', 'its version, such as 1.4.0: as in the sketch')
    .option('--board <name>', 'the kind of board it is for: as in the sketch')
    .option('--key <file>', 'the private key', 'firmware.key')
    .option('--replaces <version>', 'boards that run just this version take it though it is no newer');
}
