import { z } from 'zod';
import { GatewayError } from '../../common/errors.ts';
import { MAX_FIRMWARE_FILE_BYTES } from '../../common/firmware-file.ts';
import { channelFault } from '../../common/names.ts';
import { countsOf, isOver, type Rollout } from '../../firmware/rollout.ts';
import { MAX_TARGETS, type Rollouts } from '../../firmware/rollouts.ts';
import type { SessionContext } from '../../protocols/context.ts';
import { watchProgress } from '../progress.ts';
import { RequestError } from '../request-error.ts';
import { type ApiRoute, type Ask, apiRoute } from './route.ts';
import { count, lazy, type Output, timeMs } from './schema.ts';
import type { Viewer } from './viewer.ts';

/** A body of which nothing comes for so long is given up. */
const STALL_MS = 30_000;
const FEW = 5;

const rolloutFields = () => ({
  id: z.string(),
  version: z.string().describe('of the firmware'),
  board: z.string().describe('the kind of board that it is for'),
  bytes: count().describe('of the file'),
  timeMs: timeMs().describe('when it was begun; milliseconds since 1970'),
  by: z.string().nullable().describe('the account that began it'),
  atOnce: count().describe('how many boards take it at once'),
  stopAfter: count().describe('after so many failures nothing more is sent'),
  isOver: z.boolean().describe('whether nothing more happens'),
  counts: z
    .strictObject({
      waiting: count().describe('boards that are away, or whose turn has not come'),
      sending: count(),
      restarting: count().describe('they have all of it, and have not said yet that they run it'),
      done: count().describe('they said that they run it'),
      failed: count(),
      stopped: count(),
    })
    .describe('how many boards are in each state'),
});

const rolloutView = lazy(() => z.strictObject(rolloutFields()).meta({ id: 'FirmwareRollout' }));
const rolloutDetails = lazy(() =>
  z
    .strictObject({
      ...rolloutFields(),
      boards: z.array(
        z.strictObject({
          client: z.string(),
          state: z.enum(['waiting', 'sending', 'restarting', 'done', 'failed', 'stopped']),
          isHere: z.boolean().describe('whether the board is connected by frames'),
          percent: z.number().int().min(0).max(100).describe('how much of the file it has'),
          why: z.string().nullable().describe('why it has failed or was stopped: a part of a sentence'),
        }),
      ),
    })
    .meta({ id: 'FirmwareRolloutDetails' }),
);
const listAnswer = lazy(() => z.strictObject({ rollouts: z.array(rolloutView()).describe('the newest first') }));

const beginQuery = lazy(() =>
  z.strictObject({
    client: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .describe(
        'a client id, or one with a * that stands for anything, for all such clients that are known; may be given several times',
      ),
    atOnce: z.coerce.number().int().min(1).max(MAX_TARGETS).default(FEW).describe('how many boards take it at once'),
    stopAfter: z.coerce
      .number()
      .int()
      .min(1)
      .max(MAX_TARGETS)
      .default(1)
      .describe('after so many failures nothing more is sent'),
  }),
);

const ID = { id: 'its number' };

/** Firmware for boards in the network. */
export function firmwareRoutes(parts: { context: SessionContext; rollouts: Rollouts }): ApiRoute[] {
  const { rollouts } = parts;
  const known = (id: string, viewer: Viewer): Rollout => {
    const rollout = rollouts.get(id);
    if (rollout?.targets.some(({ client }) => viewer.sees(client))) return rollout;
    throw new RequestError('PEER_NOT_FOUND', `There is no firmware number ${id.slice(0, 20)}.`);
  };
  return [
    apiRoute(
      {
        method: 'POST',
        path: '/api/v1/firmware',
        summary: 'Sends the signed firmware in its body to boards in the network, to each as soon as it is here.',
        description:
          'The body is a file as "crosscomm ota send" makes it, and section 20 of the frames protocol describes. It is on the disk when the answer comes. What was to ' +
          'be sent to the same boards before is not sent any more.',
        needs: 'operate',
        notAllowed: 'Firmware can only be sent by an account that may operate.',
        query: beginQuery,
        readsBytes: true,
        answers: { 201: rolloutDetails },
      },
      async (ask) => {
        const rollout = await begin(parts, ask);
        ask.reply.code(201);
        return detailsOf(rollouts, rollout, ask.viewer);
      },
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/firmware',
        summary: 'Firmware that is sent to boards in the network, and how it goes.',
        needs: 'operate',
        answers: { 200: listAnswer },
      },
      ({ viewer }) => ({
        rollouts: rollouts.all
          .filter(({ targets }) => targets.some(({ client }) => viewer.sees(client)))
          .map((rollout) => viewOf(rollout, viewer)),
      }),
    ),
    apiRoute(
      {
        method: 'GET',
        path: '/api/v1/firmware/:id',
        summary: 'How far each board is.',
        needs: 'operate',
        params: ID,
        answers: { 200: rolloutDetails },
      },
      ({ params: { id }, viewer }) => detailsOf(rollouts, known(id, viewer), viewer),
    ),
    apiRoute(
      {
        method: 'DELETE',
        path: '/api/v1/firmware/:id',
        summary: 'Sends no more of it; boards that have all of it already begin it all the same.',
        needs: 'operate',
        params: ID,
        answers: { 204: undefined },
        logs: { what: 'firmware stopped', subject: 'number' },
      },
      ({ params: { id }, viewer }) => {
        rollouts.stop(known(id, viewer).id);
        return undefined;
      },
    ),
  ];
}

async function begin(
  { context, rollouts }: { context: SessionContext; rollouts: Rollouts },
  { query: { client, atOnce, stopAfter }, request, viewer }: Ask<never, Output<typeof beginQuery>>,
): Promise<Rollout> {
  const clients = clientsOf(context, typeof client === 'string' ? [client] : client, viewer);
  const watch = watchProgress(request, context.clock, STALL_MS);
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const piece of request.raw as AsyncIterable<Uint8Array>) {
      watch.progress();
      bytes += piece.length;
      if (bytes > MAX_FIRMWARE_FILE_BYTES) {
        throw new RequestError('PEER_TOO_LARGE', `The file is longer than ${MAX_FIRMWARE_FILE_BYTES} bytes.`);
      }
      pieces.push(piece);
    }
  } finally {
    watch.end();
  }
  const { account, peer, proof } = viewer.principal;
  try {
    const rollout = await rollouts.begin({ file: Buffer.concat(pieces), clients, atOnce, stopAfter, by: account });
    const facts = { number: rollout.id, version: rollout.version, boards: clients.length, by: account ?? proof, peer };
    context.log.info(facts, 'Firmware is sent to boards.');
    return rollout;
  } catch (error) {
    throw refusal(error);
  }
}

/** The clients that are meant, each once. Throws a RequestError where that is none, or one that can take no firmware. */
function clientsOf({ hub }: SessionContext, asked: readonly string[], viewer: Viewer): string[] {
  const known = hub.clients().filter(({ id, protocol }) => protocol === 'frames' && viewer.sees(id));
  const found = new Set<string>();
  for (const name of asked) {
    const star = name.indexOf('*');
    if (star < 0) {
      found.add(oneClient(hub, name, viewer));
      continue;
    }
    const [begin, end] = [name.slice(0, star), name.slice(star + 1)];
    const isMeant = (id: string): boolean =>
      id.length >= begin.length + end.length && id.startsWith(begin) && id.endsWith(end);
    for (const { id } of known) if (isMeant(id)) found.add(id);
  }
  if (found.size === 0) throw new RequestError('PEER_NOT_FOUND', 'No device that speaks frames has such a name.');
  if (found.size > MAX_TARGETS) {
    throw new RequestError(
      'PEER_TOO_LARGE',
      `These are ${found.size} boards; at most ${MAX_TARGETS} are sent to at a time.`,
    );
  }
  return [...found];
}

function oneClient(hub: SessionContext['hub'], id: string, viewer: Viewer): string {
  const fault = channelFault(id);
  if (fault !== undefined) throw new RequestError('PEER_BAD_NAME', `No client can have that name: ${fault}.`);
  if (!viewer.sees(id)) throw new RequestError('PEER_NOT_FOUND', `There is no client ${id.slice(0, 100)}.`);
  const client = hub.client(id);
  if (client?.online && client.protocol !== 'frames') {
    const what = `${id.slice(0, 100)} is connected by ${client.protocol}, and takes no firmware`;
    throw new RequestError('PEER_NOT_FOUND', `${what}: that needs the CrossComm library in its sketch.`);
  }
  if (client?.gateway !== undefined) {
    throw new RequestError('PEER_NOT_FOUND', `${id.slice(0, 100)} is at gateway ${client.gateway}: send it there.`);
  }
  return id;
}

function viewOf(rollout: Rollout, viewer: Viewer): Output<typeof rolloutView> {
  const { id, version, board, bytes, timeMs: begun, by = null, atOnce, stopAfter } = rollout;
  const seen = { targets: rollout.targets.filter(({ client }) => viewer.sees(client)) };
  const view = { id, version, board, bytes, timeMs: begun, by, atOnce, stopAfter };
  return { ...view, isOver: isOver(rollout), counts: countsOf(seen) };
}

function detailsOf(rollouts: Rollouts, rollout: Rollout, viewer: Viewer): Output<typeof rolloutDetails> {
  const boards = rollout.targets
    .filter(({ client }) => viewer.sees(client))
    .map(({ client, state, percent, why = null }) => ({
      ...{ client, state, isHere: rollouts.isHere(client), percent, why },
    }));
  return { ...viewOf(rollout, viewer), boards };
}

function refusal(error: unknown): unknown {
  if (!(error instanceof GatewayError)) return error;
  const { code, message } = error;
  const isKnown = code === 'PEER_MALFORMED' || code === 'PEER_TOO_MANY' || code === 'DATA_DIR_UNUSABLE';
  return isKnown ? new RequestError(code, message) : error;
}
