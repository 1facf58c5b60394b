import type { Command } from 'commander';
import type { BackupOptions, RestoreOptions } from './commands/backup.ts';
import * as help from './help.ts';
import { addPlaceFlags } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm backup` and `crosscomm restore`. */
export function addBackup(program: Command, shell: Shell, outcome: Outcome): void {
  const commands = () => import('./commands/backup.ts');
  addPlaceFlags(program.command('backup'))
    .summary('write all that the gateway keeps into one file')
    .description(
      'Writes what the gateway keeps, as it is at one moment, into one file: accounts, keys, retained and waiting messages, and uploads ' +
        'on their way. It works whether the gateway runs or not. Who has the file has the keys in it.',
    )
    .argument('<file>', 'the new backup; one that is there is replaced once the new one is whole')
    .option('--objects', 'with files and images')
    .option('--json', 'print one line of JSON')
    .addHelpText('after', withCalls(shell.env, help.BACKUP_HELP))
    .action(async (file: string, options: BackupOptions) => {
      outcome.exitCode = await (await commands()).backup(shell, file, options);
    });
  addPlaceFlags(program.command('restore'))
    .summary('put a backup into the data folder')
    .description(
      'Puts a backup into the data folder of a gateway that is stopped, once all of it is found to be sound. What it replaces is kept ' +
        'beside it.',
    )
    .argument('<file>', 'the backup')
    .option('--check', 'only look whether it is whole and sound')
    .option('--json', 'print one line of JSON')
    .addHelpText('after', withCalls(shell.env, help.RESTORE_HELP))
    .action(async (file: string, options: RestoreOptions) => {
      outcome.exitCode = await (await commands()).restore(shell, file, options);
    });
}
