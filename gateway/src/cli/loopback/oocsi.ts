import { connectTo, type Place } from './connection.ts';
import type { Ear, ProbeIdentity } from './probe.ts';

const SHOWN = 100;

/** Joins as an OOCSI client of lines does. */
export async function openOocsi(place: Place, { id, channel, secret }: ProbeIdentity): Promise<Ear> {
  const { socket, heard } = await connectTo(place);
  const say = (line: string): void => void socket.write(`${line}\n`);
  say(`${id}${secret === undefined ? '' : `:${secret}`}(JSON)`);
  const greeting = await heard.until((text) => (text.includes('\n') ? text.slice(0, text.indexOf('\n')) : undefined));
  if (!greeting.includes('welcome')) {
    socket.destroy();
    throw new Error(`it refuses the client: ${greeting.trim().slice(0, SHOWN)}`);
  }
  say(`subscribe ${channel}`);
  say('ping');
  await heard.until((text) => (/^\.\s*$/m.test(text) ? true : undefined));
  return {
    send: (mark) => say(`sendraw ${channel} ${JSON.stringify({ mark })}`),
    hasHeard: (mark) => heard.has(mark),
    close: () => socket.destroy(),
  };
}
