import type { Command } from 'commander';
import type { ExportOptions, RenewOptions, TlsCommandOptions } from './commands/tls.ts';
import * as help from './help.ts';
import { addReachFlags } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm tls ...`. */
export function addTls(program: Command, shell: Shell, outcome: Outcome): void {
  const tls = program
    .command('tls')
    .summary('certificates: show, renew, give to clients')
    .description('Shows and renews the certificates of the gateway. Works whether the gateway runs or not.');
  const add = (line: string, text: string): Command => addReachFlags(tls.command(line).description(text));
  const commands = () => import('./commands/tls.ts');

  add('show', 'Shows the authority and the certificate, with their fingerprints, and until when they are good.')
    .option('--json', 'print one line of JSON')
    .action(async (options: TlsCommandOptions) => {
      outcome.exitCode = await (await commands()).tlsShow(shell, options);
    });
  add('renew', 'Makes a new certificate, which a running gateway uses at once. Clients need nothing new.')
    .option('--authority', 'make a new authority as well: every client must then be given that')
    .option('--json', 'print one line of JSON')
    .action(async (options: RenewOptions) => {
      outcome.exitCode = await (await commands()).tlsRenew(shell, options);
    });
  add('export', "Prints the authority's certificate, which clients must trust, and its fingerprint to compare.")
    .option('--arduino', 'as a header for sketches')
    .option('--qr', 'as a QR code of the address from which phones fetch it')
    .option('-o, --output <file>', 'write it into this file')
    .addHelpText('after', withCalls(shell.env, help.TLS_EXPORT_HELP))
    .action(async (options: ExportOptions) => {
      outcome.exitCode = await (await commands()).tlsExport(shell, options);
    });
}
