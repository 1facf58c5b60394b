import {
  afterColon,
  type ConnectionView,
  hiddenIn,
  type Look,
  passwordsOf,
  type RecordedProtocol,
  type Rejoin,
  type Span,
  type Way,
} from '../../transports/recording/recorded-protocol.ts';

const LINE_FEED = 10;
/** Marks of the type of a client, wherever they stand in its first line. */
const MARKS = /\(JSON\)|;/g;
/** The answer to a first line: `welcome NAME`, alone or in an object. */
const WELCOME = /welcome ([^"\r\n;]+)/;
/** What differs each time: when a message was sent. */
const TIME = /("timestamp" ?: ?|timestamp=)\d+/g;

/** OOCSI: lines by TCP, text messages by WebSocket. */
export const recordedOocsi: RecordedProtocol = {
  view: () => new OocsiView(),
};

class OocsiView implements ConnectionView {
  #hasGreeted = false;
  #isWelcome = false;
  /** The handle as its client wrote it, where there is a secret in it. */
  #written: string | undefined;
  /** The same as it was recorded, and as it is replayed. */
  #rewritten: readonly [string, string] | undefined;

  lengthOf(_way: Way, bytes: Buffer): number | undefined {
    const end = bytes.indexOf(LINE_FEED);
    return end < 0 ? undefined : end + 1;
  }

  look(way: Way, unit: Buffer, isWhole: boolean): Look {
    // One character for each byte.
    const text = unit.toString('latin1');
    if (way === 'in' && !this.#hasGreeted) return this.#greet(text);
    if (!isWhole) return afterColon(text);
    const secrets = this.#repeated(text);
    if (way === 'in') return { secrets: [...secrets, ...passwordsIn(text)] };
    if (this.#isWelcome) return { secrets };
    const welcome = WELCOME.exec(text)?.[1];
    if (welcome === undefined) return { secrets };
    this.#isWelcome = true;
    return { secrets, clients: namesOf(welcome.trim()) };
  }

  label(way: Way, unit: Buffer): string | undefined {
    const text = unit.toString('utf8').trim();
    const isBeat = text === 'ping' || text === '.' || text === '';
    return way === 'in' || isBeat ? undefined : text.replaceAll(TIME, '$1?');
  }

  rejoin(unit: Buffer, { suffix, secret }: Rejoin): Buffer {
    const text = unit.toString('latin1');
    if (this.#hasGreeted) {
      return this.#rewritten ? Buffer.from(text.replaceAll(...this.#rewritten), 'latin1') : unit;
    }
    const end = text.trimEnd().length;
    const line = text.slice(0, end).replaceAll(MARKS, '');
    const colon = line.indexOf(':');
    const word = colon < 0 ? '' : secret === undefined ? line.slice(colon) : `:${secret}`;
    const marks = text.match(MARKS)?.join('') ?? '';
    const handle = colon < 0 ? line : line.slice(0, colon);
    // Libraries repeat a handle that has a secret in it; without one it is a name like any other.
    if (colon >= 0) this.#rewritten = [line, `${handle}${suffix}${word}`];
    return Buffer.from(`${handle}${suffix}${word}${marks}${text.slice(end)}`, 'latin1');
  }

  #greet(text: string): Look {
    this.#hasGreeted = true;
    const line = text.trim();
    const written = line.replaceAll(MARKS, '');
    const colon = text.indexOf(':');
    // Digits are filled in by the gateway, which says in its answer what it made of them.
    const clients = written.includes('#') ? [] : namesOf(written);
    if (colon < 0) return { clients };
    this.#written = written;
    return { clients, secrets: between(text, colon + 1, text.trimEnd().length) };
  }

  /** The secret of the handle: libraries repeat all of it in what they send, and are answered with it. */
  #repeated(text: string): Span[] {
    const written = this.#written;
    if (written === undefined) return [];
    const colon = written.indexOf(':') + 1;
    const spans = hiddenIn(text, written, colon);
    const escaped = JSON.stringify(written).slice(1, -1);
    return escaped === written ? spans : [...spans, ...hiddenIn(text, escaped, escaped.indexOf(':') + 1)];
  }
}

/** Whom a handle may mean: what stands before its first slash may be an account, and before a secret alone. */
function namesOf(written: string): string[] {
  const colon = written.indexOf(':');
  const name = (colon < 0 ? written : written.slice(0, colon)).replace(/^\//, '').replace(/\/$/, '');
  const slash = name.indexOf('/');
  return colon < 0 || slash < 0 ? [name] : [name, name.slice(slash + 1)];
}

/** The passwords of private channels in a command. */
function passwordsIn(text: string): Span[] {
  const line = text.trim();
  const blank = line.indexOf(' ');
  if (blank < 0 || !line.includes(':', blank)) return [];
  const rest = line.slice(blank + 1).trimStart();
  const end = line.startsWith('send') || line.startsWith('channels') ? rest.indexOf(' ') : -1;
  return passwordsOf(Buffer.from(end < 0 ? rest : rest.slice(0, end), 'latin1').toString('utf8'), text);
}

/** From one place to another, but for the marks. */
function between(text: string, begin: number, end: number): Span[] {
  const spans: Span[] = [];
  let from = begin;
  for (const { 0: mark, index } of text.slice(0, end).matchAll(MARKS)) {
    if (index < from) continue;
    spans.push([from, index]);
    from = index + mark.length;
  }
  spans.push([from, end]);
  return spans;
}
