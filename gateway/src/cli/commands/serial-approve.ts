import { resolve } from 'node:path';
import { GatewayError } from '../../common/errors.ts';
import { printable } from '../../common/printable.ts';
import type { ApprovedPort } from '../../web/api/serial.ts';
import { askGateway } from '../ask-gateway.ts';
import { type ReachOptions, reachOf } from '../reach.ts';
import { callOf, EXIT, type Shell, say, UsageError } from '../shell.ts';

export interface ApproveOptions extends ReachOptions {
  json?: boolean;
}

/** `crosscomm serial approve`: lets the board at a port of a running gateway join. */
export async function serialApprove(shell: Shell, port: string, options: ApproveOptions): Promise<number> {
  const { url, account, secret } = await reachOf(shell, options);
  const body = { port: port.includes('/') ? resolve(shell.cwd, port) : port };
  let approved: ApprovedPort;
  try {
    approved = (await askGateway(shell, url, 'POST', '/api/v1/serial/approve', {
      account,
      secret,
      body,
    })) as ApprovedPort;
  } catch (error) {
    if (!(error instanceof GatewayError) || error.code !== 'PEER_NOT_FOUND') throw error;
    throw new UsageError(`${error.message} ${callOf(shell.env, 'serial list')} shows those that there are.`);
  }
  const { path, id } = approved;
  say(shell, options.json ? JSON.stringify(approved) : `Approved the board at ${printable(path)}, ${printable(id)}.`);
  return EXIT.fine;
}
