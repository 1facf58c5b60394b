import { CrossCommService } from '@crosscomm/client';
import { type Reach, urlWithCredential } from '../reach.ts';
import { type Ear, JOIN_MS, type ProbeIdentity } from './probe.ts';

/** How often the connection is looked at; the doctor is done before. */
const HEARTBEAT_SECONDS = 20;

/** Joins by WebSocket, as a CrossComm client. */
export async function openCrossComm(reach: Reach, { id, channel }: ProbeIdentity): Promise<Ear> {
  const client = new CrossCommService({
    url: urlWithCredential(reach),
    ...(reach.ca === undefined ? {} : { ca: reach.ca }),
    clientId: id,
    protocol: 'crosscomm',
    reconnect: false,
    loginTimeoutMs: JOIN_MS,
    heartbeatInterval: HEARTBEAT_SECONDS,
  });
  const heard: string[] = [];
  client.messageListener({}, ({ json }) => void heard.push(json));
  try {
    await client.login();
    await Promise.all([client.subscribe([channel], () => {}), client.listClients({ onlyShowOnline: true })]);
  } catch (error) {
    await client.logout();
    throw error;
  }
  return {
    send: (mark) => void client.send(channel, { mark }).catch(() => {}),
    hasHeard: (mark) => heard.some((json) => json.includes(mark)),
    close: () => void client.logout(),
  };
}
