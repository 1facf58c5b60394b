/** One command of a client. `pong` stands for everything that only shows that the client is there. */
export type Command =
  /** `text` is what follows the destination; `plain`: it may be other text than a JSON object. */
  | { verb: 'send'; to: string; text: string; plain: boolean }
  | { verb: 'subscribe' | 'unsubscribe'; address: string }
  /** The members of `channel`, or with '' every public name. */
  | { verb: 'channels'; channel: string }
  | { verb: 'clients' | 'ping' | 'quit' | 'pong' };

const PONG: Command = { verb: 'pong' };
const PING: Command = { verb: 'ping' };
const QUIT: Command = { verb: 'quit' };
const CLIENTS: Command = { verb: 'clients' };

const LETTER_S = 115;

/** Reads a line of the TCP protocol. Verbs match by their beginning, as `sendraw` in `sendraw2 CH hello`. */
export function parseLine(text: string): Command {
  const line = text.trim();
  if (line.charCodeAt(0) === LETTER_S) {
    if (line.startsWith('send')) return parseSend(line, line.startsWith('raw', 4));
    if (line.startsWith('subscribe')) return parseSubscribe('subscribe', line);
    return PONG;
  }
  if (line === 'ping') return PING;
  if (line === 'quit') return QUIT;
  if (line === 'clients') return CLIENTS;
  if (line.startsWith('unsubscribe')) return parseSubscribe('unsubscribe', line);
  if (line === 'channels') return { verb: 'channels', channel: '' };
  if (line.startsWith('channels') && line.includes(' ')) {
    return { verb: 'channels', channel: afterBlank(line).split(' ', 1)[0] as string };
  }
  return PONG;
}

/** Reads a text frame of the WebSocket protocol. */
export function parseFrame(text: string): Command {
  const line = text.trim();
  if (line.startsWith('sendjson')) return parseSend(line, false);
  if (line.startsWith('subscribe')) return parseSubscribe('subscribe', line);
  if (line.startsWith('unsubscribe')) return parseSubscribe('unsubscribe', line);
  return PONG;
}

/** What a Pure Data client means: it cannot write a comma, and ends its lines with a semicolon. */
export function fromPureData(line: string): string {
  return line.replaceAll(';', '').replaceAll("'", ',');
}

function parseSend(line: string, plain: boolean): Command {
  const first = line.indexOf(' ');
  const second = first < 0 ? -1 : line.indexOf(' ', first + 1);
  if (second <= first + 1) return PONG;
  return { verb: 'send', to: line.slice(first + 1, second), text: line.slice(second + 1), plain };
}

function parseSubscribe(verb: 'subscribe' | 'unsubscribe', line: string): Command {
  const address = afterBlank(line);
  return address === '' ? PONG : { verb, address };
}

function afterBlank(line: string): string {
  const blank = line.indexOf(' ');
  return blank < 0 ? '' : line.slice(blank + 1).trim();
}
