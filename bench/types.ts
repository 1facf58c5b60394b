/** What the files of the bench hand to one another. */

/** Where a client of a protocol connects; a serial device has a name instead. */
export interface Target {
  protocol: string;
  host: string;
  port: number;
  /** Of HTTP, for a WebSocket. */
  path: string;
  name?: string;
  /** How many accounts there are, whose credentials clients use in turn; see subjects/accounts.mjs. */
  accounts?: number;
  /** It speaks TLS. */
  tls?: boolean;
  /** The protocol level of MQTT that clients ask for; 4, which is 3.1.1, where it is left out. */
  version?: 4 | 5;
}

/** As Node calls it. */
export type TlsVersion = 'TLSv1.2' | 'TLSv1.3';

/** What TLS handshakes cost: the server's processor time and the time that the client waits for each, in ms. */
export interface Handshakes {
  serverMs: number;
  clientMs: number;
}

/** What a client proves itself with. */
export interface Credentials {
  name: string;
  secret: string;
}

/** A server under measurement. */
export interface Server {
  pid: number;
  /** Its own, which goes away with it. */
  folder: string;
  /** Where its clients connect, by protocol. */
  targets: Record<string, Target>;
  /** How long it took until it said that it is ready, or accepted a connection. */
  readyMs: number | undefined;
  signal(name: NodeJS.Signals): void;
  /** Ends it, and leaves its folder behind until `kill`. */
  end(): Promise<void>;
  kill(): void;
  stop(): Promise<void>;
}

/** What can be stopped. */
export interface Stoppable {
  stop(): void | Promise<void>;
}

/** How something is started that is measured, by the name that the table shows. */
export type Starters<S> = Record<string, () => Promise<S>>;

/** What came of somebody's rounds; `problem`: why there are none, or no more. */
export interface Member<R> {
  who: string;
  results: R[];
  problem?: string | undefined;
}

/** Median, smallest and largest, and the values themselves, a round each. */
export interface Figure {
  median: number;
  min: number;
  max: number;
  values?: number[];
}

/** What the table shows of somebody in a line. */
export interface Row {
  who: string;
  figure?: Figure;
  problem?: string | undefined;
  more?: string;
  note?: string | undefined;
  lost?: number;
  duplicated?: number;
  rounds?: readonly object[];
  /** It stands in a line before this one, too, and is printed there only. */
  isRepeated?: boolean;
}

/** What the project asks of itself in a line. */
export type Asked = { text: string; floor?: Floor } & (
  | { kind: 'timesPeer'; factor: number; peer: string }
  | { kind: 'atMostTimesPeer'; factor: number; peer: string }
  | { kind: 'atLeast' | 'below' | 'atMost'; limit: number }
  | { kind: 'timesBefore'; factor: number; isCost: boolean }
);

/** Whoever is within `factor` of this peer, which does the least that can be done, has reached what was asked. */
export interface Floor {
  peer: string;
  factor: number;
}

export interface Verdict {
  verdict: 'ok' | 'floor' | 'missed' | 'unknown';
  ratio?: number;
}

export interface Section {
  title: string;
  note?: string;
  /** The head of the column beside the figure. */
  more?: string;
  showsLoss?: boolean;
}

export interface Line extends Partial<Verdict> {
  section: string;
  name: string;
  unit: string;
  asked?: string | undefined;
  rows: Row[];
}

export interface Options {
  quick: boolean;
  rounds: number;
  measureMs: number;
  warmupMs: number;
  starts: number;
  only: RegExp;
  /** The cli/main.js of the other build. */
  before: string | undefined;
  jsonFile: string | undefined;
  /** The folder for processor profiles. */
  profile: string | undefined;
  allowMissing: boolean;
  help: boolean;
}

/** A client of the load generator. */
export interface Client {
  readonly id: string;
  readonly stream: ClientStream;
  open(target: Target, credentials?: Credentials): Promise<void>;
  /** A serial device has its own inbox alone. */
  subscribe?(channel: string): Promise<void>;
  template(sender: number, to: string): MessageTemplate;
}

/** The connection of such a client. */
export interface ClientStream {
  /** Called after each read has been used. */
  onTurn: (() => void) | undefined;
  readonly failure: Error | undefined;
  write(bytes: Buffer | string): void;
  close(): Promise<void> | void;
}

/** What a protocol makes of one message: its bytes, and where the sequence numbers stand in them. */
export interface MessageTemplate {
  bytes: Buffer;
  mask: Buffer;
  phases: number[];
  before: number;
}

/** Whoever a client hands each whole message to, between `start` and `end`. */
export interface Taker {
  take(bytes: Buffer, start: number, end: number): void;
}

/** A message of the soak. */
export interface SoakMessage {
  source: string;
  sender: string;
  number: number;
  /** By the clock of `performance.now()`. */
  sentMs: number;
}

/** The account of one source of the soak. */
export interface Account {
  source: string;
  sent: number;
  accepted: number;
  lost: number;
  twice: number;
  inDoubt: number;
  examples: string[];
}

/** How resident memory went, in MB. */
export interface Growth {
  firstMb: number;
  lastMb: number;
  mostMb: number;
  grew: boolean;
}
