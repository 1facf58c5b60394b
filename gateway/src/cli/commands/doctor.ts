import { type Config, checkConfig } from '../../app/config.ts';
import { GatewayError } from '../../common/errors.ts';
import { printable } from '../../common/printable.ts';
import { type Finding, type FindingLevel, worstFirst } from '../../observability/finding.ts';
import type { Diagnosis } from '../../web/api/diagnosis.ts';
import type { Status } from '../../web/status-route.ts';
import { askGateway } from '../ask-gateway.ts';
import { configFile } from '../config-file.ts';
import { URL_VARIABLE } from '../gateway-url.ts';
import { placeConfig, runningGateway } from '../operator-place.ts';
import type { Paint } from '../paint.ts';
import { givenCredential, isOfThisMachine, type Reach, type ReachOptions, reachOf } from '../reach.ts';
import { EXIT, paintOf, type Shell, say, withCalls } from '../shell.ts';
import { wrapped } from '../text.ts';

export interface DoctorOptions extends ReachOptions {
  json?: boolean;
}

/** What a line may take where the terminal does not say how wide it is. */
const COLUMNS = 100;
/** A diagnosis writes to the disk and asks a store in the network. */
const DIAGNOSIS_MS = 20_000;
const INDENT = '         ';

const TAGS: Record<FindingLevel, readonly [text: string, colour: keyof Paint]> = {
  ok: ['ok', 'green'],
  warning: ['warning', 'yellow'],
  fault: ['fault', 'red'],
  unknown: ['unknown', 'cyan'],
};

/**
 * `crosscomm doctor`: looks at the configuration, the machine and the gateway, whether it runs or not, and says what to do about what is
 * not well. The exit code is 1 where something does not work.
 */
export async function doctor(shell: Shell, { json, ...options }: DoctorOptions): Promise<number> {
  const findings = worstFirst(await examine(shell, options)).map((finding) => forPerson(shell, finding));
  if (json) say(shell, JSON.stringify({ timeMs: Date.now(), findings }));
  else show(shell, findings);
  return findings.some(({ level }) => level === 'fault') ? EXIT.failed : EXIT.fine;
}

async function examine(shell: Shell, options: ReachOptions): Promise<Finding[]> {
  const named = options.url ?? (shell.env[URL_VARIABLE] || undefined);
  if (named !== undefined) return await runningFindings(shell, await reachOf(shell, options));
  const { config, findings } = readConfig(shell, options);
  if (config === undefined) return findings;
  const gateway = await runningGateway(shell, config.dataDir);
  if (gateway !== undefined) {
    return [...findings, ...(await runningFindings(shell, { ...gateway, ...(await givenCredential(shell, options)) }))];
  }
  const { restingFindings } = await import('../resting-findings.ts');
  return [...findings, ...(await restingFindings(config))];
}

/** The configuration, and what is to be said of it. */
function readConfig(shell: Shell, options: ReachOptions): { config?: Config; findings: Finding[] } {
  const { file } = configFile(shell, options.config);
  const code = 'configuration';
  try {
    const config = placeConfig(shell, options);
    const name = file ?? '';
    const sentence =
      file === undefined
        ? 'There is no configuration file, and the defaults count.'
        : `${file} is a valid configuration.`;
    return { config, findings: [{ code, level: 'ok', values: { file: name }, sentence }] };
  } catch (error) {
    if (!(error instanceof GatewayError) || error.fault !== 'configuration') throw error;
    const sentences =
      file === undefined ? [error.message] : checkConfig(file, shell.cwd).map(({ sentence }) => sentence);
    const advice = 'Correct the file; crosscomm config check shows what is left. Nothing else was looked at.';
    return {
      findings: sentences.map((sentence) => ({ code, level: 'fault', values: { file: file ?? '' }, sentence, advice })),
    };
  }
}

/** A gateway that answers so runs, and takes none who does not prove who he is. */
const REFUSALS: ReadonlySet<string> = new Set(['PEER_NOT_ALLOWED', 'PEER_WRONG_SECRET']);

/** What a gateway that runs says of itself, and whether messages pass by its listeners. */
async function runningFindings(shell: Shell, reach: Reach): Promise<Finding[]> {
  const { url, ...credential } = reach;
  const { host, hostname } = new URL(url);
  let status: Status;
  try {
    status = (await askGateway(shell, url, 'GET', '/status', credential)) as Status;
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const advice = REFUSALS.has(error.code)
      ? 'Put the token of an account with the role admin into CROSSCOMM_TOKEN.'
      : 'Look whether it runs and what its log says; a firewall or another address may be in the way, too.';
    return [{ code: 'gateway', level: 'fault', values: { url: host }, sentence: error.message, advice }];
  }
  const sentence = `CrossComm Gateway ${status.version} runs at ${host}.`;
  const runs: Finding = { code: 'gateway', level: 'ok', values: { url: host, version: status.version }, sentence };
  const { loopbackFindings } = await import('../loopback/loopback.ts');
  const listeners = status.doors as Record<string, unknown>;
  const isHere = isOfThisMachine(hostname);
  const own = await diagnosisOf(shell, reach);
  return [runs, ...own, ...(await loopbackFindings({ reach, listeners, isHere }))];
}

async function diagnosisOf(shell: Shell, { url, ...credential }: Reach): Promise<Finding[]> {
  const options = { ...credential, timeoutMs: DIAGNOSIS_MS };
  try {
    const { findings } = (await askGateway(shell, url, 'GET', '/api/v1/diagnosis', options)) as Diagnosis;
    return findings.map(({ subject, advice, ...finding }) => ({
      ...finding,
      ...(subject === undefined ? {} : { subject }),
      ...(advice === undefined ? {} : { advice }),
    }));
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const reason = error.message.replace(/\.$/, '');
    const sentence = `What the gateway knows of itself and of its machine cannot be asked: ${reason}.`;
    const advice =
      'Run this as the user of the gateway, or put the token of an account with the role admin into CROSSCOMM_TOKEN.';
    return [{ code: 'diagnosis', level: 'unknown', values: { reason }, sentence, advice }];
  }
}

/** Texts may come from clients and boards; calls of the command are as this person writes them. */
function forPerson({ env }: Shell, { sentence, advice, ...finding }: Finding): Finding {
  const text = (each: string): string => withCalls(env, printable(each));
  return { ...finding, sentence: text(sentence), ...(advice === undefined ? {} : { advice: text(advice) }) };
}

function show(shell: Shell, findings: readonly Finding[]): void {
  const paint = paintOf(shell);
  const columns = (shell.stdout.columns ?? COLUMNS) - INDENT.length;
  for (const { level, sentence, advice } of findings) {
    const [tag, colour] = TAGS[level];
    const [first = '', ...rest] = wrapped(sentence, columns);
    say(shell, `${paint[colour](tag.padEnd(INDENT.length))}${first}`);
    for (const line of rest) say(shell, `${INDENT}${line}`);
    if (advice !== undefined) for (const line of wrapped(advice, columns)) say(shell, paint.dim(`${INDENT}${line}`));
  }
  const count = (...levels: FindingLevel[]): number => findings.filter(({ level }) => levels.includes(level)).length;
  const bad = count('fault');
  const other = count('warning', 'unknown');
  say(shell, '');
  if (bad + other === 0) say(shell, paint.green('All is well.'));
  else
    say(
      shell,
      `${bad} ${bad === 1 ? 'thing does' : 'things do'} not work, ${other} ${other === 1 ? 'wants' : 'want'} a look.`,
    );
}
