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
import { type OssError, toOssError } from './oss-error.ts';
import { writeXml } from './xml.ts';

export interface OssServerOptions {
  /**
   * Answers a request whose headers have arrived. Rejects with anything.
   *
   * @param acceptBody to be called before the body is read: some clients wait until they are asked for it
   */
  handle(message: IncomingMessage, acceptBody: () => void): Promise<OssAnswer>;
  clock: Clock;
  incidents: Incidents;
  log: Log;
  maxConnections: number;
  /** How long the headers of a request may take to arrive. */
  handshakeTimeoutMs: number;
  /** How long a connection may be silent while a body is on its way, or until the next request. */
  idleTimeoutMs: number;
}

/** Of a body that nobody wants any more so much is read to go on with the connection; behind a longer one it is closed. */
const MAX_UNWANTED_BYTES = 8 * 1024 * 1024;
/** For so long the sender of a longer one may go on, so that it gets to read the answer. */
const DRAIN_MS = 10_000;
/** Refusals that are part of ordinary work, and not worth a line in the log. */
const ORDINARY = new Set([304, 404, 409, 412, 416]);

export interface OssServer {
  /** Not listening yet. */
  server: Server;
  /** Ends every connection, and resolves when nothing is being worked on any more. */
  close(): Promise<void>;
}

/** The HTTP side: hands requests to `handle`, and writes what it answers, errors as OSS words them. */
export function createOssServer(options: OssServerOptions): OssServer {
  const { handle, log, maxConnections, handshakeTimeoutMs, idleTimeoutMs } = options;
  /** Connections whose request has arrived and is being worked on: their silence is ours. */
  const working = new Set<Socket>();
  const answering = new Set<Promise<void>>();
  const server = createServer({
    headersTimeout: handshakeTimeoutMs,
    // A large object takes the time it takes; silence ends a connection, not slowness.
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
    const id = randomBytes(12).toString('hex').toUpperCase();
    let isAnswered = false;
    // Nobody reads a request that is refused at once: its end comes after its answer.
    message.once('end', () => isAnswered || working.add(socket));
    response.once('close', () => {
      isAnswered = true;
      working.delete(socket);
    });
    let waits = expectsContinue;
    const { shouldKeepAlive } = response;
    // Whoever asks first and is refused sends no body, so that nobody knows where the next request would begin.
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
    let answer: OssAnswer;
    try {
      answer = await handle(message, acceptBody);
    } catch (thrown) {
      // Whoever is gone needs no answer, and did nothing wrong but go.
      if (message.socket.destroyed) return;
      const error = toOssError(thrown);
      report(options, message, error, thrown, id);
      answer = errorAnswer(error, message, id);
    }
    const drained = message.complete || !isComing() ? undefined : drain(message, response, options.clock);
    await send(message, response, answer, { id, drained });
  }
}

/** @param drained when the connection may end, where that is not with the answer */
async function send(
  message: IncomingMessage,
  response: ServerResponse,
  answer: OssAnswer,
  { id, drained }: { id: string; drained: Promise<void> | undefined },
): Promise<void> {
  const { status, headers = {}, body } = answer;
  response.writeHead(status, {
    ...headers,
    ...(typeof body === 'string' && { 'Content-Length': Buffer.byteLength(body) }),
    ...(body === undefined && status === 200 && headers['Content-Length'] === undefined && { 'Content-Length': 0 }),
    Server: 'CrossComm',
    'x-oss-request-id': id,
  });
  if (typeof body === 'object') {
    await pipeline(body, response);
    return;
  }
  const text = message.method === 'HEAD' ? undefined : body;
  if (drained) {
    // Node ends such a connection with the answer, and whoever still sends would be cut before it has read it.
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
  message.resume();
  if (announced <= MAX_UNWANTED_BYTES && response.shouldKeepAlive) return undefined;
  response.shouldKeepAlive = false;
  return drainBody(message, clock, { limitMs: DRAIN_MS });
}

/** A HEAD has no body, so its error travels in a header, as OSS does it. */
function errorAnswer(error: OssError, message: IncomingMessage, id: string): OssAnswer {
  const { status, code, details } = error;
  if (status === 304) return { status };
  const host = headerText(message.headers.host ?? '');
  const body = writeXml('Error', { Code: code, Message: error.message, RequestId: id, HostId: host, ...details });
  const headers = { ...error.headers, 'Content-Type': 'application/xml' };
  if (message.method !== 'HEAD') return { status, headers, body };
  return { status, headers: { ...headers, 'x-oss-err': Buffer.from(body).toString('base64') } };
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
    log.error({ code: 'INTERNAL', error: thrown, request: id }, 'an OSS request met a fault of the gateway');
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

/** What is said of a request that cannot be read, by the status of its answer. */
const BAD_HTTP: Record<BadHttp['status'], { reason: string; code: ErrorCode; text: string }> = {
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
    const { code, reason, text } = BAD_HTTP[status];
    incidents.report({ door: 'oss', who: socket.remoteAddress ?? 'unknown', code, message: text });
    const body = writeXml('Error', { Code: reason, Message: text });
    const head = `HTTP/1.1 ${status} ${reason}\r\nContent-Type: application/xml\r\nConnection: close`;
    socket.end(`${head}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
}
