import type { FastifyPluginCallback } from 'fastify';
import { z } from 'zod';
import type { SessionContext } from '../protocols/context.ts';
import type { ApprovedPort, ApprovePort } from '../transports/listeners.ts';
import { isOperator } from './operator.ts';
import { RequestError } from './request-error.ts';
import { validated } from './validated.ts';

export type { ApprovedPort };

const approveBody = z.strictObject({
  port: z.string().min(1).max(4096).describe('its path, or the client id of its board'),
});

/** For an operator: `POST /api/v1/serial/approve` with `{"port"}` lets the board at a serial port join, and answers `{"path", "id", "board"}`. */
export function serialRoutes({
  context,
  approve,
}: {
  context: SessionContext;
  approve: ApprovePort;
}): FastifyPluginCallback {
  return (app, _options, done) => {
    app.post('/api/v1/serial/approve', async (request) => {
      if (!(await isOperator(context, request))) {
        throw new RequestError('PEER_NOT_ALLOWED', 'Boards can only be approved by an account that may operate.');
      }
      const { port } = validated(approveBody, request.body);
      const approved = await approve(port);
      if (approved === undefined) {
        const why = 'or every board may join, as serial.approve is off';
        throw new RequestError('PEER_NOT_FOUND', `The gateway has no serial port ${port.slice(0, 200)} open, ${why}.`);
      }
      context.log.info({ ...approved }, 'A board was approved.');
      return approved;
    });
    done();
  };
}
