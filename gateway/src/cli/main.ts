#!/usr/bin/env node
import module from 'node:module';
import { giveWay } from '../common/give-way.ts';
import { Outputs } from './outputs.ts';
import { run } from './run.ts';
import { report, type Shell } from './shell.ts';

// From Node 22 on, compiled code is kept between starts, which helps most on a small machine.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

const ended = new AbortController();
const argv = process.argv.slice(2);

if (['listen', 'sim', 'backup'].includes(argv[0] ?? '')) {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ended.abort());
}
// The gateway may run beside it on a small machine, and goes first.
if (argv[0] === 'backup') giveWay(10);
const shell: Shell = {
  stdout: process.stdout,
  stderr: process.stderr,
  get stdin() {
    return process.stdin;
  },
  env: process.env,
  cwd: process.cwd(),
  ended: ended.signal,
};
const outputs = new Outputs(process, {
  outlives: argv[0] === 'start',
  complain: (error) => report(shell, error),
  exit: (exitCode) => process.exit(exitCode),
});

const exitCode = await run(argv, shell);
await outputs.settled();
process.exit(exitCode);
