import type { Command } from 'commander';
import type { FlashOptions } from './commands/flash.ts';
import * as help from './help.ts';
import { addReachFlags } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm flash`. */
export function addFlash(program: Command, shell: Shell, outcome: Outcome): void {
  addReachFlags(
    program
      .command('flash')
      .summary('write new firmware to a board on USB')
      .description(
        'Writes firmware to a board at a serial port of a running gateway, which lets go of the port meanwhile, and waits until its client is ' +
          'online again.',
      )
      .argument('<port|client>', 'the port, or the client id of its board')
      .argument('<file>', 'the compiled sketch: .hex, .bin or .uf2'),
  )
    .option('--board <name>', 'uno, nano, nano-old, mega, esp32, esp8266 or pico, where the port does not tell')
    .option('--offset <bytes>', 'where in the flash of an ESP it goes, such as 0x10000, where the file does not tell')
    .option('--json', 'one line of JSON for each thing that happens')
    .addHelpText('after', withCalls(shell.env, help.FLASH_HELP))
    .action(async (port: string, file: string, options: FlashOptions) => {
      const { flash } = await import('./commands/flash.ts');
      outcome.exitCode = await flash(shell, port, file, options);
    });
}
