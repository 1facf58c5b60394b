import {
  type ConnectionView,
  hiddenIn,
  type Look,
  passwordsInJson,
  passwordsOf,
  type RecordedProtocol,
  type Rejoin,
  type Way,
} from '../../transports/recording/recorded-protocol.ts';
import { readEnvelope, restamp } from './envelope-codec.ts';
import { readServerRequest } from './requests-codec.ts';

/** The recipient that a message names, as it is written, where all of it cannot be read. */
const RECIPIENT = /"to_client_id"\s*:\s*"([^"]*)"/;
const NOTHING = { subscribe: [], unsubscribe: [] };

/** CrossComm: JSON in text messages. Its credentials are in the request for the WebSocket, which is not recorded. */
export const recordedCrossComm: RecordedProtocol = {
  view: () => new CrossCommView(),
};

class CrossCommView implements ConnectionView {
  lengthOf(_way: Way, bytes: Buffer): number {
    return bytes.length;
  }

  look(way: Way, unit: Buffer): Look {
    const text = unit.toString('utf8');
    const envelope = readEnvelope(text);
    const latin = unit.toString('latin1');
    if (typeof envelope === 'string') {
      const [, written = ''] = RECIPIENT.exec(text) ?? [];
      return { secrets: passwordsOf(written, latin) };
    }
    const { type, from, to } = envelope;
    const isRequest = way === 'in' && to === 'server' && type === 'dict';
    const request = isRequest ? readServerRequest(envelope.rawContent) : NOTHING;
    const { subscribe, unsubscribe } = request ?? NOTHING;
    const secrets = [to, ...subscribe, ...unsubscribe].flatMap((address) => passwordsInJson(address, latin));
    // What it asks for cannot be read, and may have a password in it.
    if (request === undefined) secrets.push(...hiddenIn(latin, envelope.rawContent));
    return { secrets, ...(way === 'in' && type === 'login' && from !== undefined && { clients: [from] }) };
  }

  label(way: Way, unit: Buffer): string | undefined {
    if (way === 'in') return undefined;
    const envelope = readEnvelope(unit.toString('utf8'));
    if (typeof envelope === 'string') return unit.toString('utf8');
    const { type, from, to, rawContent } = envelope;
    // A receipt names a message by its id, and a list has times in it.
    if (type === 'receipt' || type === 'list_clients_response') return type;
    return `${type} ${from} -> ${to} ${rawContent}`;
  }

  rejoin(unit: Buffer, { suffix }: Rejoin): Buffer {
    const text = unit.toString('utf8');
    const envelope = readEnvelope(text);
    if (typeof envelope === 'string' || envelope.from === undefined || suffix === '') return unit;
    return Buffer.from(restamp(text, `${envelope.from}${suffix}`));
  }
}
