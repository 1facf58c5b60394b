import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { printable } from '../../common/printable.ts';
import type { AutomationView, DryRunAnswer } from '../../web/api/automations.ts';
import { askGateway } from '../ask-gateway.ts';
import { type ReachOptions, reachOf } from '../reach.ts';
import { allOfInput } from '../secret-input.ts';
import { EXIT, type Shell, say, UsageError, warn } from '../shell.ts';
import { sayTable } from '../table.ts';
import { timeOfDay } from '../time-of-day.ts';

export interface AutomationsOptions extends ReachOptions {
  json?: boolean;
}

const PATH = '/api/v1/automations';
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_SHOWN_LENGTH = 120;

/** `crosscomm automations list`. */
export async function listAutomations(shell: Shell, options: AutomationsOptions): Promise<number> {
  const { json = false, ...reach } = options;
  const { url, ...credential } = await reachOf(shell, reach);
  const found = (await askGateway(shell, url, 'GET', PATH, credential)) as AutomationView[];
  if (json) say(shell, JSON.stringify(found));
  else if (found.length === 0) warn(shell, 'There is no automation: docs/automations.md says how to write one.');
  else {
    const rows = found.map(({ name, when, fired, heldBack, failed, lastFiredMs, loop }) => [
      ...[name, printable(when), String(fired), String(heldBack), String(failed)],
      lastFiredMs === null ? '-' : shortTime(lastFiredMs),
      loop === null ? 'runs' : `stopped: ${loop.join(' > ')}`,
    ]);
    sayTable(shell, ['NAME', 'LOOKS AT', 'SENT', 'HELD BACK', 'FAILED', 'LAST', 'STATE'], rows);
  }
  return EXIT.fine;
}

/** `crosscomm automations dry-run`. Exit code 1: one of them would be stopped, or could not send. */
export async function tryAutomations(
  shell: Shell,
  file: string | undefined,
  options: AutomationsOptions,
): Promise<number> {
  const { json = false, ...reach } = options;
  const body = file === undefined ? {} : { automations: sectionOf(await textOf(shell, file), file) };
  const { url, ...credential } = await reachOf(shell, reach);
  const ask = { ...credential, body, timeoutMs: 30_000 };
  const answer = (await askGateway(shell, url, 'POST', `${PATH}/dry-run`, ask)) as DryRunAnswer;
  if (json) say(shell, JSON.stringify(answer));
  else sayDryRun(shell, answer);
  return answer.automations.every(({ loop, faults }) => loop === null && faults.length === 0) ? EXIT.fine : EXIT.failed;
}

function sayDryRun(shell: Shell, { firings, hasMore, messages, automations }: DryRunAnswer): void {
  if (automations.length === 0) {
    warn(shell, 'There is no automation in the configuration: name a file with one.');
    return;
  }
  for (const { atMs, automation, channel, body } of firings) {
    const shown = printable(body.length > MAX_SHOWN_LENGTH ? `${body.slice(0, MAX_SHOWN_LENGTH)} ...` : body);
    say(shell, `${shortTime(atMs)}  ${automation} sends to ${printable(channel)}: ${shown}`);
  }
  if (hasMore) say(shell, '... and more');
  if (firings.length > 0) say(shell, '');
  say(shell, `${messages} messages were looked at, and nothing was sent.`);
  const rows = automations.map(({ name, heardSinceMs, fired, heldBack, failed, loop }) => [
    ...[name, shortTime(heardSinceMs), String(fired), String(heldBack), String(failed)],
    loop === null ? '' : `would stop: ${loop.join(' > ')}`,
  ]);
  sayTable(shell, ['NAME', 'HEARD SINCE', 'SENT', 'HELD BACK', 'FAILED', ''], rows);
  for (const { name, faults } of automations) for (const fault of faults) say(shell, `${name}: ${printable(fault)}`);
}

async function textOf(shell: Shell, file: string): Promise<string> {
  if (file === '-') return await allOfInput(shell, MAX_FILE_BYTES);
  try {
    return readFileSync(resolve(shell.cwd, file), 'utf8');
  } catch (error) {
    throw new UsageError(`${printable(file)} cannot be read: ${(error as Error).message}.`);
  }
}

/** The automations of a file: its section of that name, a list of them, or a single one. */
function sectionOf(text: string, file: string): unknown[] {
  let read: unknown;
  try {
    read = parse(text);
  } catch (error) {
    throw new UsageError(`${printable(file)} is no YAML: ${(error as Error).message.split('\n')[0]}`);
  }
  const section = isObject(read) && 'automations' in read ? read.automations : read;
  if (Array.isArray(section) && section.length > 0) return section;
  if (isObject(section)) return [section];
  throw new UsageError(`${printable(file)} has no automation: write it as in the configuration, below automations.`);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `14:03:07`, of this machine's time zone. */
function shortTime(ms: number): string {
  return timeOfDay(ms).slice(0, 8);
}
