import { once } from 'node:events';
import {
  Agent,
  type ClientRequest,
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What clients of OSS and S3 ask for. */
export type Operation = 'head' | 'get' | 'list' | 'put' | 'initiate' | 'part' | 'complete' | 'uploads' | 'other';

export type Fault =
  /** The connection is cut: before the server hears of the request, within its body, when the server has taken it. */
  | 'cut-before'
  | 'cut-in-request'
  | 'cut-after'
  /** The connection is cut within the answer. */
  | 'cut-in-head'
  | 'cut-in-body'
  /** The answer stands still in the middle of its body, or has another byte there. */
  | 'stall'
  | 'flip'
  /** The server hears nothing, and the answer is an error: as OSS words it, or as something between words it. */
  | '500'
  | '503'
  | 'garbage'
  /** The server hears nothing, and the answer is that it will never take that. */
  | 'too-large'
  /** The server hears nothing, and there is no answer, or one that all is well. */
  | 'silence'
  | 'swallow'
  /** All arrives, a few bytes at a time. */
  | 'slow'
  /** The request was signed by a clock that is hours off. */
  | 'skew';

/** Faults that any request can meet. */
export const FAULTS = [
  'cut-before',
  'cut-in-request',
  'cut-after',
  'cut-in-head',
  'cut-in-body',
  '500',
  '503',
  'garbage',
  'silence',
  'swallow',
  'slow',
  'skew',
] as const satisfies Fault[];

const STEP_BYTES = 1024;

/** A way to an OSS, or to a store of S3, on which requests meet the faults that a test plans for them, each once and in their order. */
export class FaultyProxy {
  /** What every request meets for which nothing is planned. */
  standing: Fault | undefined;
  /** Requests that are never answered, or never to the end, and whose client has not given up. */
  silenced = 0;
  /** Of each operation, how many requests came. */
  readonly asked = new Map<Operation, number>();
  readonly #planned = new Map<Operation, Fault[]>();
  readonly #target: { host: string; port: number };
  readonly #agent = new Agent({ keepAlive: true });
  readonly #server: Server;
  #onSilenced: () => void = () => {};

  private constructor(target: { host: string; port: number }) {
    this.#target = target;
    this.#server = createServer((request, response) => {
      // Whoever is cut off is cut off on both sides.
      this.#answer(request, response).catch(() => request.socket.destroy());
    });
  }

  static async open(target: { host: string; port: number }): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The next requests of this kind meet these. */
  plan(operation: Operation, ...faults: Fault[]): void {
    this.#planned.set(operation, [...(this.#planned.get(operation) ?? []), ...faults]);
  }

  /** What was planned and not met yet: `put cut-after`. */
  get planned(): string[] {
    return [...this.#planned].flatMap(([operation, faults]) => faults.map((fault) => `${operation} ${fault}`));
  }

  /** Resolves when so many requests wait for an answer that never comes. */
  silencing(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#onSilenced = () => {
        if (this.silenced >= count) resolve();
      };
      this.#onSilenced();
    });
  }

  close(): void {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const operation = operationOf(request);
    this.asked.set(operation, (this.asked.get(operation) ?? 0) + 1);
    const fault = this.#planned.get(operation)?.shift() ?? this.standing;
    if (fault === 'cut-before') return void request.socket.destroy();
    if (fault === 'silence' || fault === 'stall') this.#silence(request);
    if (fault === 'silence') return void request.resume();
    if (fault === 'cut-in-request') return await this.#forwardPart(request);
    if (isRefusal(fault)) {
      request.resume();
      await once(request, 'end');
      return refuse(fault, response);
    }
    if (fault === 'skew') skew(request);
    const answer = await this.#forward(request, fault === 'slow');
    if (fault === 'cut-after') return void request.socket.destroy();
    await pass(answer, request, response, fault);
  }

  #silence(request: IncomingMessage): void {
    this.silenced++;
    request.socket.once('close', () => this.silenced--);
    this.#onSilenced();
  }

  #begin({ method = 'GET', url = '/', rawHeaders }: IncomingMessage): ClientRequest {
    return httpRequest({ ...this.#target, method, path: url, agent: this.#agent, headers: rawHeaders });
  }

  async #forward(request: IncomingMessage, isSlow: boolean): Promise<IncomingMessage> {
    const outward = this.#begin(request);
    const answered = once(outward, 'response') as Promise<[IncomingMessage]>;
    answered.catch(() => {});
    if (isSlow) {
      for await (const step of steps(await buffer(request))) outward.write(step);
      outward.end();
    } else request.pipe(outward);
    const [answer] = await answered;
    return answer;
  }

  /** The server gets the head and half of the body, or of the head where there is no body. */
  async #forwardPart(request: IncomingMessage): Promise<void> {
    const body = await buffer(request);
    const outward = this.#begin(request);
    outward.on('error', () => {});
    if (body.length > 0) {
      outward.write(body.subarray(0, Math.ceil(body.length / 2)));
      const [socket] = outward.socket ? [outward.socket] : await once(outward, 'socket');
      if (socket.connecting) await once(socket, 'connect');
      await new Promise((resolve) => outward.write('', resolve));
    }
    outward.destroy();
    request.socket.destroy();
  }
}

function operationOf({ method, url = '' }: IncomingMessage): Operation {
  const { pathname, searchParams } = new URL(url, 'http://oss');
  const isBucket = pathname.split('/').filter((part) => part !== '').length < 2;
  if (method === 'HEAD') return 'head';
  if (method === 'GET') return searchParams.has('uploads') ? 'uploads' : isBucket ? 'list' : 'get';
  if (method === 'PUT') return searchParams.has('partNumber') ? 'part' : 'put';
  if (method === 'POST' && searchParams.has('uploads')) return 'initiate';
  return method === 'POST' && searchParams.has('uploadId') ? 'complete' : 'other';
}

/** What OSS says instead of doing what it was asked for. */
const REFUSALS = {
  '500': [500, 'InternalError', 'Try again later.'],
  '503': [503, 'ServiceUnavailable', 'Try again later.'],
  'too-large': [400, 'EntityTooLarge', 'It is too large.'],
} as const;
type Refusal = keyof typeof REFUSALS | 'garbage' | 'swallow';

function isRefusal(fault: Fault | undefined): fault is Refusal {
  return fault !== undefined && (fault in REFUSALS || fault === 'garbage' || fault === 'swallow');
}

function refuse(fault: Refusal, response: ServerResponse): void {
  if (fault === 'swallow') {
    response.writeHead(200, { etag: '"D41D8CD98F00B204E9800998ECF8427E"', 'x-oss-hash-crc64ecma': '0' }).end();
  } else if (fault === 'garbage') {
    response.writeHead(502, { 'content-type': 'text/html' }).end('<html><h1>Bad gateway<br></html>');
  } else {
    const [status, code, message] = REFUSALS[fault];
    response
      .writeHead(status, { 'content-type': 'application/xml' })
      .end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
  }
}

/** Moves the hour in the date of a request, which its signature has, within the same day. */
function skew({ rawHeaders }: IncomingMessage): void {
  const index = rawHeaders.findIndex((name) => /^x-(?:oss|amz)-date$/i.test(name)) + 1;
  rawHeaders[index] = (rawHeaders[index] ?? '').replace(
    /T(\d\d)/,
    (_text, hour: string) => `T${String((Number(hour) + 6) % 24).padStart(2, '0')}`,
  );
}

async function pass(
  answer: IncomingMessage,
  request: IncomingMessage,
  response: ServerResponse,
  fault: Fault | undefined,
): Promise<void> {
  const body = await buffer(answer);
  const middle = Math.floor(body.length / 2);
  const hasBody = request.method !== 'HEAD' && body.length > 0;
  if (fault === 'cut-in-head' || (fault === 'cut-in-body' && !hasBody)) {
    request.socket.end('HTTP/1.1 200 OK\r\nContent-Len');
    return;
  }
  response.writeHead(answer.statusCode ?? 500, answer.rawHeaders);
  if (fault === 'flip') body.writeUInt8(body.readUInt8(middle) ^ 1, middle);
  if (fault === 'stall') response.write(body.subarray(0, middle));
  else if (fault === 'cut-in-body') {
    response.write(body.subarray(0, middle), () => request.socket.destroy());
  } else if (fault === 'slow') {
    response.flushHeaders();
    for await (const step of steps(body)) response.write(step);
    response.end();
  } else response.end(body);
}

/** Bytes a few at a time, with a turn of the event loop after each. */
async function* steps(bytes: Buffer): AsyncGenerator<Buffer> {
  for (let start = 0; start < bytes.length; start += STEP_BYTES) {
    yield bytes.subarray(start, start + STEP_BYTES);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
