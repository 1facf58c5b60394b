import { spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import type { Clock } from '../../common/clock.ts';
import type { FoundTool } from './tools.ts';

export interface ToolRun {
  tool: FoundTool;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  cwd: string;
  clock: Clock;
  /** It is killed after so long. */
  limitMs: number;
  /** Kills it. */
  signal: AbortSignal;
  /** What it says, on both of its outputs. */
  said(text: string): void;
}

/** How a program ended: its exit code, or why it has none. */
export type ToolEnd = { code: number } | { why: 'limit' | 'stopped' | 'unstartable'; reason: string };

/** Runs a program to its end, without a shell. Never rejects. */
export function runTool({ tool, args, env, cwd, clock, limitMs, signal, said }: ToolRun): Promise<ToolEnd> {
  return new Promise((resolve) => {
    let killed: 'limit' | 'stopped' | undefined;
    const child = spawn(tool.path, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const kill = (why: 'limit' | 'stopped'): void => {
      killed ??= why;
      child.kill('SIGKILL');
    };
    const stop = (): void => kill('stopped');
    const cancel = clock.after(limitMs, () => kill('limit'));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
    for (const stream of [child.stdout, child.stderr]) {
      const decoder = new StringDecoder('utf8');
      stream.on('data', (chunk: Buffer) => said(decoder.write(chunk)));
      stream.on('error', () => {});
    }
    const end = (result: ToolEnd): void => {
      cancel();
      signal.removeEventListener('abort', stop);
      resolve(result);
    };
    child.once('error', (error) => end({ why: 'unstartable', reason: error.message }));
    child.once('close', (code, by) => {
      if (code !== null) end({ code });
      else end({ why: killed ?? 'stopped', reason: `ended by ${by}` });
    });
  });
}
