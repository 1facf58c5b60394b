import { z } from 'zod';
import type { Log } from '../../common/log.ts';
import type { ApprovedPort, ApprovePort, BoardLog, SerialPorts } from '../../transports/listeners.ts';
import { RequestError } from '../request-error.ts';
import { type ApiRoute, apiRoute } from './route.ts';
import { count, lazy, timeMs } from './schema.ts';

export type { ApprovedPort };

const portsAnswer = lazy(() =>
  z.strictObject({
    ports: z.array(
      z
        .strictObject({
          path: z.string(),
          id: z.string().describe('its client'),
          state: z.enum(['opening', 'open', 'waiting', 'closed', 'refused', 'unapproved', 'flashing']),
          board: z.string().describe('what is plugged in, wherever it is plugged in'),
          baudRate: count(),
          isConfigured: z
            .boolean()
            .describe('whether the configuration names the port, so that its name and speed are set there alone'),
        })
        .meta({ id: 'SerialPort' }),
    ),
  }),
);

const logAnswer = lazy(() =>
  z.strictObject({
    lines: z.array(
      z.strictObject({
        timeMs: timeMs(),
        kind: z.enum(['line', 'noise', 'too_long']).describe('noise: bytes that are no text'),
        text: z.string(),
      }),
    ),
    counts: z.strictObject({ line: count(), noise: count(), too_long: count() }).describe('since the start'),
  }),
);

const approveBody = lazy(() =>
  z.strictObject({
    port: z.string().min(1).max(4096).describe('its path, or the client id of its board'),
  }),
);
const approved = lazy(() => z.strictObject({ path: z.string(), id: z.string(), board: z.string() }));

const setBody = lazy(() =>
  z.strictObject({
    name: z
      .string()
      .min(1)
      .nullable()
      .optional()
      .describe('the client id with which it joins; null: made from its serial number; left out: as it is'),
    baudRate: z
      .number()
      .int()
      .min(50)
      .max(4_000_000)
      .nullable()
      .optional()
      .describe('bits per second; null: serial.baudRate; left out: as it is'),
  }),
);
const setAnswer = lazy(() => z.strictObject({ path: z.string(), id: z.string() }));

export interface SerialRoutesParts {
  ports: SerialPorts;
  approve: ApprovePort;
  /** What the device with this id said; undefined for one that never was here. */
  logOf(id: string): BoardLog | undefined;
  log: Log;
}

/** Serial ports, and what the boards at them print. */
export function serialRoutes({ ports, approve, log, logOf }: SerialRoutesParts): ApiRoute[] {
  return [
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/serial/approve',
        summary: 'Lets the board at a serial port join, now and whenever it is plugged in.',
        needs: 'operate',
        notAllowed: 'Boards can only be approved by an account that may operate.',
        body: approveBody,
        answers: { 200: approved },
      },
      async ({ body: { port } }) => {
        const board = await approve(port);
        if (board === undefined) {
          const why = 'or every board may join, as serial.approve is off';
          throw new RequestError(
            'PEER_NOT_FOUND',
            `The gateway has no serial port ${port.slice(0, 200)} open, ${why}.`,
          );
        }
        log.info({ ...board }, 'A board was approved.');
        return board;
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/serial',
        summary: 'The serial ports, and how it stands with each.',
        needs: 'see',
        answers: { 200: portsAnswer },
      },
      ({ viewer }) => ({ ports: ports.list().filter(({ id }) => viewer.sees(id)) }),
    ),
    apiRoute(
      {
        method: 'PUT',
        path: '/api/v1/serial/:id',
        summary: 'Gives the board at a serial port another name or speed; its port is opened anew.',
        description: 'It is kept, and goes with the board to another port. Opening a port resets most boards.',
        needs: 'operate',
        params: { id: 'the client id of the board, or the path of its port, percent-encoded' },
        body: setBody,
        answers: { 200: setAnswer },
        logs: { what: 'serial port set', subject: 'port' },
      },
      async ({ params: { id }, body }) => {
        const answer = await ports.set(id, body);
        if ('refused' in answer) throw new RequestError(answer.refused.code, answer.refused.message);
        return answer;
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/serial/:id/log',
        summary: 'The last lines that a board has printed, oldest first.',
        needs: 'operate',
        params: { id: 'the client id of the board, percent-encoded' },
        answers: { 200: logAnswer },
      },
      ({ params: { id } }) => {
        const log = ports.log(id);
        if (log === undefined)
          throw new RequestError('PEER_NOT_FOUND', `No board ${id.slice(0, 100)} was at a serial port.`);
        return { lines: log.lines(), counts: { ...log.counts } };
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/clients/:id/log',
        summary: 'The last lines that a device has printed or logged, oldest first.',
        description:
          'What a board prints on its serial port, and what a device that speaks frames logs by whichever way it is connected.',
        needs: 'operate',
        params: { id: 'the client id, percent-encoded' },
        answers: { 200: logAnswer },
      },
      ({ params: { id } }) => {
        const log = logOf(id);
        if (log === undefined) throw new RequestError('PEER_NOT_FOUND', `No device ${id.slice(0, 100)} has a log.`);
        return { lines: log.lines(), counts: { ...log.counts } };
      },
    ),
  ];
}
