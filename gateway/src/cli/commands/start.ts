import { basename } from 'node:path';
import type { Config, Override } from '../../app/config.ts';
import type { Listeners } from '../../app/listeners.ts';
import type { Log } from '../../common/log.ts';
import type { OpenLog } from '../../observability/pino-log.ts';
import { configFile } from '../config-file.ts';
import { Lifetime } from '../lifetime.ts';
import { hasColour } from '../paint.ts';
import type { ServiceManager } from '../service-manager.ts';
import { complain, EXIT, type Shell, say } from '../shell.ts';

export interface StartOptions {
  config?: string;
  json?: boolean;
  overrides: readonly Override[];
}

/**
 * `crosscomm start`: runs the gateway in this process until a signal ends it.
 *
 * @throws GatewayError where the configuration is wrong or a listener cannot be opened; nothing is open then
 */
export async function start(shell: Shell, { config: named, json = false, overrides }: StartOptions): Promise<number> {
  let opened: OpenLog | undefined;
  const lifetime = new Lifetime(process, {
    fault: (error, sentence) => {
      if (opened) opened.log.error({ code: 'INTERNAL', error }, sentence);
      else complain(shell, `crosscomm: ${sentence} [INTERNAL] ${String(error)}`);
    },
    overdue: () => opened?.log.warn({}, 'The goodbyes took too long; some clients did not get theirs.'),
    exit: (exitCode) => {
      opened?.flush();
      process.exit(exitCode);
    },
  });

  try {
    return await live();
  } catch (error) {
    // Ended while it was starting: what failed then is of no interest any more.
    if (lifetime.ending) return EXIT.fine;
    throw error;
  } finally {
    opened?.flush();
    lifetime.release();
  }

  async function live(): Promise<number> {
    const { loadWithOrigins } = await import('../../app/config.ts');
    const { bridgePasswords, oocsiUsers, ossVariables, s3Variables } = await import('../../config/secrets.ts');
    const { file, foundIn, check } = configFile(shell, named);
    if (file !== undefined && foundIn !== undefined && !json)
      say(shell, `The configuration is ${basename(file)}, which is in this folder: ${foundIn}`);
    const { config, origins } = loadWithOrigins({ file, overrides, check, cwd: shell.cwd });
    const users = oocsiUsers(shell.env);
    const { openLog } = await import('../../observability/pino-log.ts');
    const { createGateway } = await import('../../app/gateway.ts');
    const pretty = !json && shell.stderr.isTTY === true;
    opened = await openLog({ level: config.log.level, pretty, colour: hasColour(shell.stderr, shell.env) });
    const { log } = opened;
    if (foundIn !== undefined && json)
      log.info({ file, folder: foundIn }, 'The configuration was found in this folder.');

    const stores = { ossVariables: ossVariables(shell.env), s3Variables: s3Variables(shell.env) };
    const passwords = bridgePasswords(shell.env, config.bridges);
    const gateway = createGateway(config, { log, origins, users, ...stores, bridgePasswords: passwords });
    const listeners = await gateway.start();
    if (!lifetime.ending) await announce(listeners, config);
    const manager = shell.env.NOTIFY_SOCKET ? await managerOf(log) : undefined;
    if (!lifetime.ending) await manager?.ready(`Ready at port ${listeners.http.port}.`);
    const { why, exitCode } = await lifetime.end;
    log.info({ why }, 'Saying goodbye.');
    await Promise.all([manager?.stopping(), gateway.stop()]);
    return exitCode;
  }

  /** Loaded only where systemd waits for it, as it delays the start. */
  async function managerOf(log: Log): Promise<ServiceManager | undefined> {
    const { serviceManager } = await import('../service-manager.ts');
    return serviceManager(shell.env, { log });
  }

  async function announce(listeners: Listeners, config: Config): Promise<void> {
    const { readyLine, readyTable } = await import('../ready.ts');
    const lines = json ? [readyLine(listeners)] : await readyTable(listeners, config, shell);
    for (const line of lines) say(shell, line);
  }
}
