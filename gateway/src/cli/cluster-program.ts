import type { Command } from 'commander';
import type { ClusterStatusOptions } from './commands/cluster.ts';
import * as help from './help.ts';
import { addReachFlags } from './place-flags.ts';
import { type Outcome, type Shell, withCalls } from './shell.ts';

/** `crosscomm cluster`. */
export function addCluster(program: Command, shell: Shell, outcome: Outcome): void {
  const cluster = program
    .command('cluster')
    .summary('other gateways that are one conversation with this one')
    .description('Several gateways can be one conversation: what is said at one is heard at the others.');
  addReachFlags(cluster.command('status'))
    .summary('show which other gateways are there')
    .description('Shows the link to the NATS servers, and which other gateways are there.')
    .option('--account <name>', 'the account whose password or token is in CROSSCOMM_TOKEN')
    .option('--json', 'print one line of JSON')
    .addHelpText('after', withCalls(shell.env, help.CLUSTER_STATUS_HELP))
    .action(async (options: ClusterStatusOptions) => {
      const { clusterStatus } = await import('./commands/cluster.ts');
      outcome.exitCode = await clusterStatus(shell, options);
    });
}
