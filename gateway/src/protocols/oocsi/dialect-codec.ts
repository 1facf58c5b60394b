import { textFrame } from '../../common/websocket-frame.ts';
import type { Encoding } from '../../hub/message.ts';
import { jsonLine, legacyLine, pureDataLine, toPureData, webFrame } from './delivery-codec.ts';
import type { ClientType, FirstLineFault } from './first-line.ts';

/** How the gateway writes to one type of client; each method returns a whole line or text frame. */
export interface Dialect {
  /** A text of the protocol, such as a list of names. */
  say(text: string): Uint8Array;
  welcome(handle: string): Uint8Array;
  refuse(refusal: Refusal, handle: string): Uint8Array;
  tooLong(limitBytes: number): Uint8Array;
  /** A message that was to be retained or sent later was refused. */
  notKept(channel: string): Uint8Array;
  /** A message went to a name that no channel can have. */
  readonly badChannel: Uint8Array;
  /** The client may not send or subscribe there. */
  notAllowed(what: 'send' | 'subscribe', channel: string): Uint8Array;
  /** Its libraries take all of `name:secret` for the name of their client. */
  readonly namesItselfAsWritten: boolean;
  readonly ping: Uint8Array;
  /** True if messages to the client postpone its pings. */
  readonly deliveriesSparePings: boolean;
  readonly delivery: Encoding<Uint8Array>;
}

export type Refusal = 'taken' | 'password' | 'revoked' | 'busy' | 'timeout' | FirstLineFault;

const WHY: Record<Refusal, string> = {
  taken: 'name already registered',
  password: 'password wrong for name',
  revoked: 'not allowed any more',
  busy: 'not possible now, try again later',
  timeout: 'no name came in time',
  empty: 'name is empty',
  too_long: 'name longer than 200 characters',
  not_ascii: 'name can only contain printable ASCII characters',
  blank: 'name cannot contain spaces',
  ssh: 'this is not an SSH server',
};

function lineDialect(
  delivery: Encoding<Uint8Array>,
  toLine: (text: string) => string,
  welcome: (handle: string) => string,
): Dialect {
  const say = (text: string) => Buffer.from(`${toLine(text)}\n`);
  return {
    say,
    welcome: (handle) => say(welcome(handle)),
    refuse: (refusal, handle) => say(handle === '' ? `error (${WHY[refusal]})` : `error (${WHY[refusal]}: ${handle})`),
    tooLong: (limitBytes) => say(`error (line too long: at most ${limitBytes} bytes)`),
    notKept: (channel) => say(`error (no room to keep the message to ${channel}, which was not sent)`),
    badChannel: say('error (no channel can have this name, so the message was not sent)'),
    notAllowed: (what, channel) => say(`error (not allowed to ${what} to ${channel})`),
    namesItselfAsWritten: false,
    ping: say('ping'),
    deliveriesSparePings: true,
    delivery,
  };
}

const plainWelcome = (handle: string) => `welcome ${handle}`;

/** The dialects of the TCP protocol. */
export const LINE_DIALECTS: Record<ClientType, Dialect> = {
  // Not JSON, but what clients look for: a brace at the beginning, and the word welcome.
  json: lineDialect(
    jsonLine,
    (text) => text,
    (handle) => `{'message' : "welcome ${handle}"}`,
  ),
  pd: lineDialect(pureDataLine, (text) => `${toPureData(text)};`, plainWelcome),
  legacy: lineDialect(legacyLine, (text) => text, plainWelcome),
};

const sayToWeb = (text: string) => textFrame(`{"message" : ${JSON.stringify(text)}}`);

/** The dialect of the WebSocket protocol. */
export const WEB_DIALECT: Dialect = {
  say: sayToWeb,
  welcome: (handle) => sayToWeb(`welcome ${handle}`),
  refuse: (refusal, handle) =>
    sayToWeb(refusal === 'taken' ? `ERROR: client ${handle} exists already` : `ERROR: ${WHY[refusal]}: ${handle}`),
  tooLong: (limitBytes) => sayToWeb(`ERROR: message too long: at most ${limitBytes} bytes`),
  notKept: (channel) => sayToWeb(`ERROR: no room to keep the message to ${channel}, which was not sent`),
  badChannel: sayToWeb('ERROR: no channel can have this name, so the message was not sent'),
  notAllowed: (what, channel) => sayToWeb(`ERROR: not allowed to ${what} to ${channel}`),
  namesItselfAsWritten: true,
  ping: textFrame('ping'),
  deliveriesSparePings: false,
  delivery: webFrame,
};
