import type { Command } from 'commander';
import type { OtaKeygenOptions, OtaSendOptions } from './commands/ota.ts';
import * as help from './help.ts';
import { addReachFlags } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm ota`. */
export function addOta(program: Command, shell: Shell, outcome: Outcome): void {
  const commands = () => import('./commands/ota.ts');
  const ota = program
    .command('ota')
    .summary('send new firmware to boards in the network')
    .description('New firmware without a cable, for an ESP32 whose sketch has CrossCommOta.h of the Arduino library.');
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
  addReachFlags(
    ota
      .command('send')
      .description('Signs firmware, sends it to a board, and waits until the board says that it runs.')
      .argument('<client>', 'the client id of the board')
      .argument('<file>', 'the application for an ESP32: NAME.ino.bin'),
  )
    .option('--firmware-version <version>', 'its version, such as 1.4.0: as in the sketch')
    .option('--board <name>', 'the kind of board it is for: as in the sketch')
    .option('--key <file>', 'the private key', 'firmware.key')
    .option('--replaces <version>', 'boards that run just this version take it though it is no newer')
    .option('--wait <minutes>', 'how long to wait for a board that is away', '10')
    .option('--json', 'one line of JSON for each thing that happens')
    .addHelpText('after', withCalls(shell.env, help.OTA_SEND_HELP))
    .action(async (client: string, file: string, options: OtaSendOptions) => {
      outcome.exitCode = await (await commands()).otaSend(shell, client, file, options);
    });
}
