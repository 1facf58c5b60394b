import { resolve } from 'node:path';
import { GatewayError } from '../../common/errors.ts';
import { printable } from '../../common/printable.ts';
import type { ApprovedPort } from '../../web/serial-routes.ts';
import { askGateway } from '../ask-gateway.ts';
import { type PlaceOptions, placeConfig, runningGateway } from '../operator-place.ts';
import { callOf, EXIT, type Shell, say, UsageError } from '../shell.ts';

export interface ApproveOptions extends PlaceOptions {
  json?: boolean;
}

/** `crosscomm serial approve`: lets the board at a port of a running gateway join. */
export async function serialApprove(shell: Shell, port: string, options: ApproveOptions): Promise<number> {
  const { dataDir } = placeConfig(shell, options);
  const gateway = await runningGateway(shell, dataDir);
  if (gateway === undefined) {
    throw new GatewayError(
      'GATEWAY_UNREACHABLE',
      `No gateway runs with the data folder ${dataDir}. A board is approved while it is plugged in and the gateway runs.`,
    );
  }
  const body = { port: port.includes('/') ? resolve(shell.cwd, port) : port };
  let approved: ApprovedPort;
  try {
    approved = (await askGateway(shell, gateway.url, 'POST', '/api/v1/serial/approve', {
      secret: gateway.secret,
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
