import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { type BadHttp, badHttpOf, type HttpSocket } from '../common/bad-http.ts';
import type { Clock } from '../common/clock.ts';
import { drainBody } from '../common/drain-body.ts';
import type { ErrorCode } from '../common/errors.ts';
import type { Log } from '../common/log.ts';
import { codeOfFault } from '../objects/error-codes.ts';
import { headerText } from '../objects/kept-headers.ts';
import type { Incidents } from '../observability/incidents.ts';
import { handleInTurn } from '../transports/requests-in-turn.ts';
import type { OssAnswer } from './answer.ts';
import type { Dialect } from './dialects/contract.ts';
import type { OssError } from './oss-error.ts';
import { writeXml } from './xml.ts';

export interface OssServerOptions {
  /**
   * Answers a request whose headers have arrived. Rejects with anything.
   *
   * @param acceptBody to be called before the body is read: some clients wait until they are asked for it
   */
  handle(message: IncomingMessage, dialect: Dialect, acceptBody: () => void): Promise<OssAnswer>;
  /** In which dialect a request is answered. */
  dialectOf(message: IncomingMessage): Dialect;
  clock: Clock;
  incidents: Incidents;
  log: Log;
  maxConnections: number;
  /** How long the headers of a request may take to arrive. */
  handshakeTimeoutMs: number;
  /** How long a connection may be silent while a body is on its way, or until the next request. */
  idleTimeoutMs: number;
}

/** Up to this much of an unwanted body is read so that the connection can be used again; after a longer one it is closed. */
const MAX_UNWANTED_BYTES = 8 * 1024 * 1024;
/** How long the sender of an unwanted body may go on, so that it still reads the answer; then its connection is closed. */
const DRAIN_MS = 10_000;
/** Refusals that are part of ordinary work and are not logged. */
const ORDINARY = new Set([304, 404, 409, 412, 416]);

export interface OssServer {
  /** Not listening yet. */
  server: Server;
  /** Ends every connection, and resolves when nothing is being worked on any more. */
  close(): Promise<void>;
}

/** The HTTP side: hands requests to `handle`, and writes what it answers, errors in the words of the request's dialect. */
export function createOssServer(options: OssServerOptions): OssServer {
  const { handle, log, maxConnections, handshakeTimeoutMs, idleTimeoutMs } = options;
  /** Connections whose request is being worked on; they are silent because they wait for us. */
  const working = new Set<Socket>();
  const answering = new Set<Promise<void>>();
  const server = createServer({
    headersTimeout: handshakeTimeoutMs,
    // A large object may take long: a connection ends when it is silent, not when it is slow.
    requestTimeout: 0,
    // Node looks every half minute otherwise.
    connectionsCheckingInterval: Math.ceil(Math.min(handshakeTimeoutMs, 30_000) / 5),
    keepAliveTimeout: idleTimeoutMs,
  });
  server.maxConnections = maxConnections;
  server.setTimeout(idleTimeoutMs, (socket) => {
    if (!working.has(socket)) socket.destroy();
  });
  const onRequest = (message: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void => {
    const { socket } = message;
    if (message.method === 'OPTIONS' && message.url === '*') {
      answerWhoAsksForNothing(response);
      return;
    }
    const id = randomBytes(12).toString('hex').toUpperCase();
    let isAnswered = false;
    // The body of a refused request is not read, so its end comes after the answer.
    message.once('end', () => isAnswered || working.add(socket));
    response.once('close', () => {
      isAnswered = true;
      working.delete(socket);
    });
    let waits = expectsContinue;
    const { shouldKeepAlive } = response;
    // A client that waits for 100 Continue and is refused sends no body, so the start of the next request is unknown.
    if (waits) response.shouldKeepAlive = false;
    const acceptBody = (): void => {
      if (!waits) return;
      waits = false;
      response.shouldKeepAlive = shouldKeepAlive;
      response.writeContinue();
    };
    const answered = answerOne(message, response, id, { acceptBody, isComing: () => !waits })
      .catch((error: unknown) => {
        log.debug({ error, request: id }, 'an answer could not be sent');
        socket.destroy();
      })
      .finally(() => answering.delete(answered));
    answering.add(answered);
  };
  server.on('request', (message, response) => onRequest(message, response, false));
  server.on('checkContinue', (message, response) => onRequest(message, response, true));
  handleInTurn(server, { incidents: options.incidents, listener: 'oss' });
  server.on('clientError', answerNoHttp(options));
  return {
    server,
    async close() {
      const closed = new Promise<void>((resolve) => {
        if (server.listening) server.close(() => resolve());
        else resolve();
      });
      server.closeAllConnections();
      await closed;
      await Promise.allSettled(answering);
    },
  };

  async function answerOne(
    message: IncomingMessage,
    response: ServerResponse,
    id: string,
    { acceptBody, isComing }: { acceptBody: () => void; isComing: () => boolean },
  ): Promise<void> {
    const dialect = options.dialectOf(message);
    let answer: OssAnswer;
    try {
      answer = await handle(message, dialect, acceptBody);
    } catch (thrown) {
      // The client closed the connection: no answer is needed, and it is no fault.
      if (message.socket.destroyed) return;
      const error = dialect.toError(thrown);
      report(options, message, error, thrown, id);
      answer = errorAnswer(dialect, error, message, id);
    }
    const drained = message.complete || !isComing() ? undefined : drain(message, response, options.clock);
    try {
      await send(message, response, answer, { headers: dialect.requestHeaders(id), drained });
    } finally {
      if (typeof answer.body === 'object') answer.body.destroy();
    }
  }
}

/** Whether there is a server at all may be asked by everybody. */
function answerWhoAsksForNothing(response: ServerResponse): void {
  response.writeHead(200, { 'Content-Length': 0, Server: 'CrossComm' }).end();
}

/** @param drained when the connection may end, where that is not with the answer */
async function send(
  message: IncomingMessage,
  response: ServerResponse,
  answer: OssAnswer,
  { headers: more, drained }: { headers: Record<string, string>; drained: Promise<void> | undefined },
): Promise<void> {
  const { status, headers = {}, body } = answer;
  response.writeHead(status, {
    ...headers,
    ...(typeof body === 'string' && { 'Content-Length': Buffer.byteLength(body) }),
    ...(body === undefined && status === 200 && headers['Content-Length'] === undefined && { 'Content-Length': 0 }),
    Server: 'CrossComm',
    ...more,
  });
  if (typeof body === 'object') {
    await pipeline(body, response);
    return;
  }
  const text = message.method === 'HEAD' ? undefined : body;
  if (drained) {
    // Node closes such a connection with the answer; a client that is still sending would be cut off before it has read the answer.
    if (text === undefined) response.flushHeaders();
    else response.write(text);
    await drained;
    response.end();
  } else response.end(text);
}

/**
 * Reads what is left of a body that is not wanted. Where that may be much, the answer says that the connection ends with it.
 *
 * @returns where the connection is to end: when all of the body was read, or it took too long
 */
function drain(message: IncomingMessage, response: ServerResponse, clock: Clock): Promise<void> | undefined {
  const announced = Number(message.headers['content-length'] ?? Number.POSITIVE_INFINITY);
  const drained = drainBody(message, clock, { limitMs: DRAIN_MS });
  if (announced <= MAX_UNWANTED_BYTES && response.shouldKeepAlive) {
    void drained.then(() => message.complete || message.socket.destroy());
    return undefined;
  }
  response.shouldKeepAlive = false;
  return drained;
}

function errorAnswer(
  dialect: Dialect,
  error: OssError,
  { headers, url, method }: IncomingMessage,
  id: string,
): OssAnswer {
  if (error.status === 304) return { status: 304 };
  const [path = ''] = (url ?? '').split('?', 1);
  const isHead = method === 'HEAD';
  return dialect.errorAnswer(error, { id, host: headerText(headers.host ?? ''), path, isHead });
}

function report(
  { incidents, log }: OssServerOptions,
  message: IncomingMessage,
  error: OssError,
  thrown: unknown,
  id: string,
): void {
  const { status, code } = error;
  if (ORDINARY.has(status)) return;
  const fault = codeOfFault(thrown) ?? faultOf(error);
  if (fault === 'INTERNAL') {
    log.error({ code: 'INTERNAL', error: thrown, request: id }, 'a request for objects met a fault of the gateway');
  } else {
    const who = message.socket.remoteAddress ?? 'unknown';
    incidents.report({ door: 'oss', who, code: fault, message: `${code}: ${error.message}` });
  }
}

function faultOf({ status, code }: OssError): ErrorCode {
  if (status === 500) return 'INTERNAL';
  if (status === 403) return 'PEER_NOT_ALLOWED';
  return code === 'EntityTooLarge' ? 'PEER_TOO_LARGE' : 'PEER_MALFORMED';
}

interface BadRequest {
  reason: string;
  code: ErrorCode;
  text: string;
}

/** The same of one whose connection was closed on the way, as by a client that was ended. */
const ENDED: BadRequest = {
  reason: 'IncompleteBody',
  code: 'PEER_GONE',
  text: 'The connection was closed before all of the request had come.',
};

/** What is said of a request that cannot be read, by the status of its answer. */
const BAD_HTTP: Record<BadHttp['status'], BadRequest> = {
  400: {
    reason: 'InvalidRequest',
    code: 'PEER_MALFORMED',
    text: 'This is not an HTTP request; this port speaks HTTP, and no TLS.',
  },
  408: {
    reason: 'RequestTimeout',
    code: 'PEER_TIMEOUT',
    text: 'The headers of the request took too long to arrive.',
  },
  431: {
    reason: 'RequestHeaderTooLarge',
    code: 'PEER_TOO_LARGE',
    text: 'The headers of the request are too long.',
  },
};

/** Answers bytes that are no HTTP, and requests whose headers never end. */
function answerNoHttp({ incidents }: OssServerOptions) {
  return (error: NodeJS.ErrnoException, socket: HttpSocket): void => {
    const fault = badHttpOf(error, socket);
    if (fault === undefined) return;
    const { status } = fault;
    const { code, reason, text } = fault.code === ENDED.code ? ENDED : BAD_HTTP[status];
    incidents.report({ door: 'oss', who: socket.remoteAddress ?? 'unknown', code, message: text });
    const body = writeXml('Error', { Code: reason, Message: text });
    const head = `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/xml\r\nConnection: close`;
    socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
}
