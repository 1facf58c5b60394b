import type { OutgoingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { drainBody } from '../../common/drain-body.ts';
import { GatewayError } from '../../common/errors.ts';
import type { SessionContext } from '../../protocols/context.ts';
import type { FlashEvent } from '../../transports/flashing/events.ts';
import { type FirmwareFile, type Flasher, MAX_FIRMWARE_BYTES } from '../../transports/flashing/flasher.ts';
import { BOARD_NAMES, type FlashWish } from '../../transports/flashing/plan.ts';
import { watchProgress } from '../progress.ts';
import { RequestError } from '../request-error.ts';
import { type ApiRoute, type Ask, apiRoute } from './route.ts';
import { count, lazy, type Output, STREAM_HEADERS } from './schema.ts';

export type { FlashEvent };

/** A body of which nothing comes for so long is given up. */
const STALL_MS = 30_000;
/** How long what is left of a body that was refused is read, and thrown away. */
const DRAIN_MS = 5000;
const KEEP_ALIVE = ': still here\n\n';
const KEEP_ALIVE_MS = 15_000;
const MAX_OFFSET = 16 * 1024 * 1024 - 1;

const query = lazy(() =>
  z.strictObject({
    board: z.enum(BOARD_NAMES).optional().describe('left out: what the file and the USB ids of the port say'),
    offset: z.coerce
      .number()
      .int()
      .min(0)
      .max(MAX_OFFSET)
      .optional()
      .describe('where in the flash of an ESP it goes, in bytes; left out: where such a file belongs'),
  }),
);

const EVENTS = {
  begun: lazy(() =>
    z.strictObject({
      is: z.literal('begun'),
      client: z.string().describe('that was at the port until now'),
      path: z.string(),
      board: z.string(),
      tool: z.string().describe('the program that does it, with its version'),
      bytes: count(),
    }),
  ),
  progress: lazy(() =>
    z.strictObject({
      is: z.literal('progress'),
      stage: z.enum(['writing', 'verifying']),
      percent: z.number().int().min(0).max(100),
    }),
  ),
  done: lazy(() =>
    z.strictObject({
      is: z.literal('done'),
      client: z.string().describe('that is online at the port now'),
      hasSpoken: z.boolean().describe('whether the board has said something since'),
      seconds: z.number(),
    }),
  ),
  failed: lazy(() =>
    z.strictObject({
      is: z.literal('failed'),
      code: z.literal('FLASH_FAILED'),
      message: z.string().describe('what is wrong, and what to do: a sentence'),
      isWritten: z.boolean().describe('the firmware is on the board all the same, and its client is not back'),
    }),
  ),
};

/** Writes firmware to boards at serial ports. */
export function flashRoutes({ context, flasher }: { context: SessionContext; flasher: Flasher }): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/serial/:id/flash',
        summary:
          'Writes the firmware in its body to the board at a serial port, and tells how far it is, as server-sent events.',
        description:
          `The body is a file: Intel HEX for an Arduino, an image for an ESP, or UF2, at most ${MAX_FIRMWARE_BYTES} bytes. The gateway closes the ` +
          'port meanwhile, and opens it afterwards. It goes on to its end also where whoever asked for it is gone. The last event is done or failed.',
        needs: 'operate',
        notAllowed: 'Boards can only be flashed by an account that may operate.',
        params: { id: 'the client id of the board, or the path of its port, percent-encoded' },
        query,
        readsBytes: true,
        answers: { 200: undefined },
        events: EVENTS,
      },
      (ask) => flash(context, flasher, ask),
    ),
  ];
}

async function flash(
  context: SessionContext,
  flasher: Flasher,
  { params: { id }, query: wish, request, reply, viewer: { principal } }: Ask<'id', Output<typeof query>>,
): Promise<undefined> {
  const { raw } = reply;
  const file = await received(context, flasher, request);
  const write = (text: string): void => {
    if (!raw.destroyed && !raw.writableEnded) raw.write(text);
  };
  let cancel = (): void => {};
  const tell = (event: FlashEvent): void => {
    if (event.is === 'begun') {
      const by = principal.account ?? principal.proof;
      context.log.info({ who: event.client, by, peer: principal.peer }, 'flashing was asked for');
      reply.hijack();
      raw.on('error', () => raw.destroy());
      if (!raw.destroyed) raw.writeHead(200, { ...(reply.getHeaders() as OutgoingHttpHeaders), ...STREAM_HEADERS });
      cancel = context.clock.every(KEEP_ALIVE_MS, () => write(KEEP_ALIVE));
    }
    write(`event: ${event.is}\ndata: ${JSON.stringify(event)}\n\n`);
  };
  try {
    await flasher.flash({ port: id, ...wish } satisfies FlashWish, file, tell);
  } catch (error) {
    throw refusal(error);
  } finally {
    cancel();
    await file.remove();
  }
  if (!raw.writableEnded) raw.end();
  return undefined;
}

async function received(context: SessionContext, flasher: Flasher, request: Ask['request']): Promise<FirmwareFile> {
  const watch = watchProgress(request, context.clock, STALL_MS);
  const body = request.raw;
  try {
    return await flasher.receive(noting(body, () => watch.progress()));
  } catch (error) {
    if (!body.complete && !body.readableEnded) {
      await drainBody(body, context.clock, { maxBytes: MAX_FIRMWARE_BYTES, limitMs: DRAIN_MS });
    }
    throw refusal(error);
  } finally {
    watch.end();
  }
}

async function* noting(body: Readable, progress: () => void): AsyncGenerator<Uint8Array> {
  for await (const piece of body.iterator({ destroyOnReturn: false })) {
    progress();
    yield piece;
  }
}

function refusal(error: unknown): unknown {
  if (!(error instanceof GatewayError) || error instanceof RequestError) return error;
  const { code, message } = error;
  switch (code) {
    case 'PEER_MALFORMED':
    case 'PEER_NOT_FOUND':
    case 'PEER_TOO_MANY':
    case 'PEER_TOO_LARGE':
    case 'FLASH_TOOL_MISSING':
      return new RequestError(code, message);
    default:
      return error;
  }
}
