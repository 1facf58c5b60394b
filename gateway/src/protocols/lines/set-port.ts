import { clientIdFault, isGatewayName } from '../../common/names.ts';
import { noPort, type PortRefusal, type PortWish } from '../../transports/listeners.ts';
import type { BoardAtPort, SerialListener } from '../../transports/serial/listener.ts';
import type { SessionContext } from '../context.ts';
import type { PortSettings } from './port-settings.ts';

/** What it takes to set something for a board. */
export interface SetPortParts {
  context: Pick<SessionContext, 'hub' | 'access' | 'log'>;
  serial: Pick<SerialListener, 'boardAt' | 'reopen'>;
  settings: PortSettings;
}

/** Gives the board at a port another name or speed, and opens the port anew. */
export async function setPort(
  parts: SetPortParts,
  port: string,
  { name, baudRate }: PortWish,
): Promise<{ path: string; id: string } | { refused: PortRefusal }> {
  const { context, serial, settings } = parts;
  const found = await serial.boardAt(port);
  if (found === undefined) return { refused: noPort(port) };
  const before = settings.get(found.board) ?? {};
  const after = {
    name: name === undefined ? before.name : (name ?? undefined),
    baudRate: baudRate === undefined ? before.baudRate : (baudRate ?? undefined),
  };
  const refused = refusalOf(parts, found, after.name === before.name ? undefined : after.name);
  if (refused !== undefined) return { refused };
  if (!(await settings.set(found.board, after))) {
    return { refused: { code: 'PEER_TOO_MANY', message: 'So many boards have names already that there is no room.' } };
  }
  const { path, id: formerId } = found.state;
  await serial.reopen(path);
  const now = await serial.boardAt(path);
  const id = now?.givenId ?? formerId;
  // Else its former name would be somebody who is away.
  if (id !== found.givenId) context.hub.forget(found.givenId, { keeps: false });
  return { path, id: now?.state.id ?? id };
}

function refusalOf(
  { context: { hub, access }, settings }: SetPortParts,
  { state, givenId, board, isConfigured }: BoardAtPort,
  name: string | undefined,
): PortRefusal | undefined {
  const { path, id } = state;
  if (isConfigured) {
    const message = `${path} is in the configuration: change it there, in serial.ports, and start the gateway anew.`;
    return { code: 'PEER_NOT_ALLOWED', message };
  }
  if (name === undefined) return undefined;
  if (id !== givenId) {
    return { code: 'PEER_NOT_ALLOWED', message: `This board says itself that it is ${id}: change that in its sketch.` };
  }
  const fault = clientIdFault(name) ?? (isGatewayName(name) ? 'it is a name of the gateway itself' : undefined);
  if (fault !== undefined) return { code: 'PEER_BAD_NAME', message: `"${name}" is no name for a board: ${fault}.` };
  const other = settings.boardNamed(name);
  const owner = access.ownerOf(name);
  const taken =
    owner !== undefined
      ? `belongs to the account ${owner}`
      : other !== undefined && other !== board
        ? `is that of the board ${other}`
        : hub.session(name) !== undefined && name !== givenId
          ? 'is that of a client that is online'
          : undefined;
  if (taken === undefined) return undefined;
  return { code: 'PEER_NAME_TAKEN', message: `The name ${name} ${taken}: choose another.` };
}
