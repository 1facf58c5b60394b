import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { SessionContext } from '../../protocols/context.ts';
import { type EndEvent, RECORDING_VERSION, type RecordingEvent } from '../../transports/recording/events.ts';
import type { Recorder, Recording } from '../../transports/recording/recorder.ts';
import { RequestError } from '../request-error.ts';
import { whileAllowed } from '../while-allowed.ts';
import { type ApiRoute, type Ask, apiRoute } from './route.ts';
import { count, lazy, type Output, STREAM_HEADERS, timeMs } from './schema.ts';

/** How many recordings may be under way. */
const MAX_RECORDINGS = 4;
const MAX_CLIENTS = 32;
const DEFAULT_MINUTES = 10;
const MAX_MINUTES = 24 * 60;
/** What waits for a reader that is behind; more is lost, and counted. */
const MAX_BEHIND_BYTES = 4 * 1024 * 1024;
const KEEP_ALIVE = ': still here\n\n';
const KEEP_ALIVE_MS = 15_000;

const id = () => z.string().min(1).max(1024);
const query = lazy(() =>
  z.strictObject({
    client: z
      .union([id().transform((one) => [one]), z.array(id()).min(1).max(MAX_CLIENTS)])
      .describe(`whose connections are recorded; given again for each, at most ${MAX_CLIENTS}`),
    minutes: z.coerce
      .number()
      .min(0.01)
      .max(MAX_MINUTES)
      .default(DEFAULT_MINUTES)
      .describe('after how many minutes it ends by itself'),
  }),
);

const since = () => z.number().min(0).describe('milliseconds since the recording began');
const connection = () => count().describe('the number of the connection, from 1');
const bytes = (is: 'in' | 'out') =>
  lazy(() =>
    z.strictObject({
      is: z.literal(is),
      t: since(),
      c: connection(),
      text: z.string().optional().describe('the bytes, where they are readable text'),
      base64: z.string().optional().describe('the bytes, where they are not'),
      binary: z.literal(true).optional().describe('a binary message of a WebSocket'),
    }),
  );

const EVENTS = {
  recording: lazy(() =>
    z.strictObject({
      is: z.literal('recording'),
      version: z.literal(RECORDING_VERSION),
      id: z.string().describe('tells recordings apart'),
      gateway: z.string().describe('the version of the gateway'),
      startedMs: timeMs(),
      clients: z.array(z.string()),
    }),
  ),
  open: lazy(() =>
    z.strictObject({
      is: z.literal('open'),
      t: since(),
      c: connection(),
      protocol: z.string(),
      client: z.string(),
      listener: z.string(),
      by: z.enum(['tcp', 'udp', 'websocket', 'serial']),
      isStream: z.boolean().describe('its bytes are a stream, which is cut anywhere; otherwise whole messages'),
      peer: z.string(),
      path: z.string().optional(),
      subprotocol: z.string().optional(),
      credential: z.enum(['basic', 'certificate', 'page']).optional().describe('what it brought beside what it says'),
      inMiddle: z.literal(true).optional().describe('it was open before the recording began'),
    }),
  ),
  in: bytes('in'),
  out: bytes('out'),
  close: lazy(() =>
    z.strictObject({
      is: z.literal('close'),
      t: since(),
      c: connection(),
      code: count().optional().describe('with which the gateway closed a WebSocket'),
      reason: z.string().optional(),
    }),
  ),
  lost: lazy(() =>
    z
      .strictObject({ is: z.literal('lost'), t: since(), events: count(), bytes: count() })
      .describe('what is missing here'),
  ),
  end: lazy(() =>
    z.strictObject({
      is: z.literal('end'),
      t: since(),
      why: z.enum(['time', 'asked', 'stopped']),
      lost: count().describe('how many events are missing in all'),
      unseen: count().describe('connections that were too many at once to be looked at'),
    }),
  ),
};

export interface RecordingRouteParts {
  context: SessionContext;
  /** The gateway's. */
  version: string;
  recorder(): Promise<Recorder>;
}

/** `GET /api/v1/recording`: what chosen clients send and are sent, until somebody ends that. */
export class RecordingRoutes {
  readonly #parts: RecordingRouteParts;
  /** By their ids. */
  readonly #open = new Map<string, RecordingStream>();
  #opening = 0;

  constructor(parts: RecordingRouteParts) {
    this.#parts = parts;
  }

  readonly routes: readonly ApiRoute[] = [
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/recording',
        summary: 'Records what chosen clients send and are sent, byte by byte, as server-sent events.',
        description:
          'From now on, and from the next connection of each on; passwords and tokens are blanked. It ends after its minutes, by DELETE, or ' +
          'when the connection is closed. A reader that is behind loses events, and is told how many.',
        needs: 'operate',
        query,
        answers: { 200: undefined },
        events: EVENTS,
      },
      (ask) => this.#record(ask),
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/recording/:id',
        summary: 'Ends a recording; its reader gets all that was recorded until now.',
        needs: 'operate',
        params: { id: 'the id that its first event says' },
        answers: { 204: undefined },
      },
      ({ params: { id: wanted } }) => {
        const stream = this.#open.get(wanted);
        if (stream === undefined) {
          throw new RequestError('PEER_NOT_FOUND', `There is no recording ${wanted.slice(0, 100)}.`);
        }
        stream.end('asked');
        return undefined;
      },
    ),
  ];

  /** Ends all recordings. */
  stop(): void {
    for (const stream of [...this.#open.values()]) stream.end('stopped');
  }

  async #record({ query: asked, viewer, request, reply }: Ask<never, Output<typeof query>>): Promise<undefined> {
    const { context, version } = this.#parts;
    const { clock, log, random } = context;
    if (this.#open.size + this.#opening >= MAX_RECORDINGS) {
      const message = `${MAX_RECORDINGS} recordings are under way, and there cannot be more; end one of them.`;
      throw new RequestError('PEER_TOO_MANY', message);
    }
    this.#opening++;
    const recorder = await this.#parts.recorder().finally(() => {
      this.#opening--;
    });
    const { raw } = reply;
    reply.hijack();
    if (raw.destroyed) return undefined;
    raw.writeHead(200, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...STREAM_HEADERS });
    const stream = new RecordingStream(raw);
    const clients = asked.client;
    const recordingId = Math.floor(random() * 2 ** 48).toString(36);
    this.#open.set(recordingId, stream);
    const head = { version: RECORDING_VERSION, id: recordingId, gateway: version, startedMs: clock.now(), clients };
    stream.write({ is: 'recording', ...head });
    const by = viewer.principal.account ?? viewer.principal.proof;
    log.info({ clients, minutes: asked.minutes, by, peer: viewer.principal.peer }, 'recording begins');
    const destroy = (): void => void raw.destroy();
    const undo = [
      clock.after(asked.minutes * 60_000, () => stream.end('time')),
      clock.every(KEEP_ALIVE_MS, () => stream.keepAlive()),
      whileAllowed(context, viewer.principal, () => viewer.mayOperate, destroy),
      request.asker.signedIn?.onRevoked(destroy),
      () => this.#open.delete(recordingId),
    ];
    raw.on('error', destroy);
    raw.on('close', () => {
      for (const each of undo.splice(0)) each?.();
      stream.end('stopped');
      log.info({ clients, by }, 'recording ended');
    });
    stream.recording = recorder.start(clients, stream);
    return undefined;
  }
}

/** A recording on its way to whoever asked for it. */
class RecordingStream {
  recording: Recording | undefined;
  readonly #response: ServerResponse;
  #lost = { events: 0, bytes: 0 };
  #lostInAll = 0;
  #lastMs = 0;
  #isOver = false;

  /** The head of the response was written. */
  constructor(response: ServerResponse) {
    this.#response = response;
    response.write(': here\n\n');
  }

  write(event: RecordingEvent): void {
    const response = this.#response;
    if (response.destroyed || response.writableEnded) return;
    const text = textOf(event);
    if ('t' in event) this.#lastMs = event.t;
    if (response.writableLength + text.length > MAX_BEHIND_BYTES) {
      this.#lost.events++;
      this.#lost.bytes += text.length;
      this.#lostInAll++;
      return;
    }
    this.#tellLost();
    response.write(text);
  }

  keepAlive(): void {
    if (!this.#response.writableNeedDrain && !this.#response.writableEnded) this.#response.write(KEEP_ALIVE);
  }

  end(why: EndEvent['why']): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // What was held until its end came is told first.
    this.recording?.end();
    const response = this.#response;
    if (response.destroyed || response.writableEnded) return;
    this.#tellLost();
    const { unseen = 0 } = this.recording ?? {};
    response.end(textOf({ is: 'end', t: this.#lastMs, why, lost: this.#lostInAll, unseen }));
  }

  #tellLost(): void {
    if (this.#lost.events === 0) return;
    this.#response.write(textOf({ is: 'lost', t: this.#lastMs, ...this.#lost }));
    this.#lost = { events: 0, bytes: 0 };
  }
}

function textOf(event: RecordingEvent): string {
  return `event: ${event.is}\ndata: ${JSON.stringify(event)}\n\n`;
}
