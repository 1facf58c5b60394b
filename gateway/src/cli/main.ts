#!/usr/bin/env node
import module from 'node:module';
import { run } from './run.ts';

// From Node 22 on, compiled code is kept between starts, which helps most on a small machine.
(module as { enableCompileCache?: () => void }).enableCompileCache?.();

const ended = new AbortController();
const argv = process.argv.slice(2);

if (argv[0] === 'listen' || argv[0] === 'sim') {
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ended.abort());
}
for (const output of [process.stdout, process.stderr]) {
  // The reader of our pipe has gone, as `head` does: that is the end, and no error; but not of a gateway.
  output.on('error', () => {
    if (argv[0] !== 'start') process.exit(0);
  });
}

process.exit(
  await run(argv, {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    ended: ended.signal,
  }),
);
